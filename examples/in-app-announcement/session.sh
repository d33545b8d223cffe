herald check campaign.yaml
herald preview campaign.yaml --key 6329f3a1c011
herald send campaign.yaml --yes --results results.jsonl
cat results.jsonl
