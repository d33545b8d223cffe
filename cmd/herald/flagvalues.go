package main

import (
	"strconv"

	"github.com/herald-campaigns/herald/pkg/campaign"
)

// A shareFlag is a flag that takes a share, as in 1%.
type shareFlag struct{ share *float64 }

func (f shareFlag) Set(text string) error {
	v, err := campaign.ParseShare(text)
	*f.share = v
	return err
}

func (f shareFlag) String() string {
	if f.share == nil || *f.share == 0 {
		return ""
	}
	return strconv.FormatFloat(100**f.share, 'f', -1, 64) + "%"
}

func (f shareFlag) Type() string { return "share" }
