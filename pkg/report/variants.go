package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// A VariantCount is how many rows of one variant of the message have each status.
type VariantCount struct {
	Variant string         `json:"variant"`
	Counts  map[string]int `json:"counts"` // by status; none is 0
}

// VariantCounts counts rows by variant. The zero value is ready for use.
type VariantCounts struct{ counts map[variantStatus]int }

type variantStatus struct{ variant, status string }

// Add counts n more rows; rows without a variant are not counted.
func (v *VariantCounts) Add(variant, status string, n int) {
	if variant == "" {
		return
	}
	if v.counts == nil {
		v.counts = map[variantStatus]int{}
	}
	v.counts[variantStatus{variant, status}] += n
}

// List returns the counts, sorted by variant; nil if there are none.
func (v *VariantCounts) List() []VariantCount {
	var list []VariantCount
	byVariant := func(a, b variantStatus) int { return cmp.Compare(a.variant, b.variant) }
	for _, at := range slices.SortedFunc(maps.Keys(v.counts), byVariant) {
		n := v.counts[at]
		if n == 0 {
			continue
		}
		if len(list) == 0 || list[len(list)-1].Variant != at.variant {
			list = append(list, VariantCount{Variant: at.variant, Counts: map[string]int{}})
		}
		list[len(list)-1].Counts[at.status] = n
	}
	return list
}

// VariantLines writes one line a variant for people, indented by two blanks.
func VariantLines(list []VariantCount) string {
	width := 0
	for _, v := range list {
		width = max(width, utf8.RuneCountInString(v.Variant))
	}
	var b strings.Builder
	for _, v := range list {
		var parts []string
		for _, status := range statuses {
			if n := v.Counts[status]; n > 0 {
				parts = append(parts, Number(n)+" "+status)
			}
		}
		fmt.Fprintf(&b, "  variant %-*s  %s\n", width, v.Variant, strings.Join(parts, ", "))
	}
	return b.String()
}
