herald check campaign.yaml
herald preview campaign.yaml --line 3
herald send campaign.yaml --yes
cat spring-launch.sandbox.results.csv
