herald check campaign.yaml
herald rehearse campaign.yaml
