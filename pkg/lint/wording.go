package lint

import (
	"slices"
	"strings"

	"github.com/herald-campaigns/herald/pkg/campaign"
)

// A wording names the settings that a message's texts come from: those of the
// message, or those of a variant.
type wording struct {
	variant             string // empty: the campaign has none
	subject, body, from string
	file                string // the body's
}

// wordingsOf returns the wordings of a campaign.
func wordingsOf(c *campaign.Campaign) []wording {
	message := wording{subject: "message.subject", body: "message.body", from: "message.from"}
	if c.Body != nil {
		message.file = c.Body.File
	}
	var all []wording
	for _, v := range c.Variants {
		w := message
		w.variant = v.Name
		for _, own := range []struct {
			t       *campaign.Template
			key     string
			setting *string
		}{{v.Subject, "subject", &w.subject}, {v.Body, "body", &w.body}, {v.From, "from", &w.from}} {
			if own.t != nil {
				*own.setting = "variants." + v.Name + "." + own.key
			}
		}
		if v.Body != nil {
			w.file = v.Body.File
		}
		all = append(all, w)
	}
	if len(all) == 0 {
		return []wording{message}
	}
	return all
}

// Variant returns the linter of the messages of one variant; that of the campaign
// itself if it has no such variant.
func (l *Linter) Variant(name string) *Linter {
	if one := l.variants[name]; one != nil {
		return one
	}
	return l
}

// Variants returns the linters of all variants, or that of the campaign itself.
func (l *Linter) Variants() []*Linter {
	if len(l.variants) == 0 {
		return []*Linter{l}
	}
	var all []*Linter
	for _, w := range l.wordings {
		all = append(all, l.variants[w.variant])
	}
	return all
}

// Name returns the name of the variant whose messages the linter judges, empty if
// it is that of the campaign.
func (l *Linter) Name() string {
	if len(l.wordings) > 1 {
		return ""
	}
	return l.wordings[0].variant
}

func (l *Linter) isSubject(setting string) bool {
	return slices.ContainsFunc(l.wordings, func(w wording) bool { return w.subject == setting })
}

func (l *Linter) isBody(setting string) bool {
	return slices.ContainsFunc(l.wordings, func(w wording) bool { return w.body == setting })
}

func (l *Linter) isFrom(setting string) bool {
	return slices.ContainsFunc(l.wordings, func(w wording) bool { return w.from == setting })
}

// roleOf returns the setting of the message that a setting of a variant takes the
// place of; any other setting as it is.
func roleOf(setting string) string {
	rest, ok := strings.CutPrefix(setting, "variants.")
	if !ok {
		return setting
	}
	_, key, _ := strings.Cut(rest, ".")
	return "message." + key
}

// ofSetting returns a reason that names the setting, where that is not the message's.
func ofSetting(setting, reason string) string {
	if strings.HasPrefix(setting, "variants.") {
		return setting + " " + reason
	}
	return reason
}
