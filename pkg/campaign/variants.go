package campaign

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Else is the name of the variant for all rows that no condition is true of.
const Else = "else"

// A Variant is one of several wordings of a message. All variants of a campaign
// go by weight, or all but Else by condition, the first that is true.
type Variant struct {
	Name   string    // letters, digits, dashes and underscores
	Weight float64   // compared with those of the others; 0: by condition
	When   *Template // renders true for the rows that get it; nil: by weight, or Else

	// What it has of its own; nil: as the message.
	Subject, Body, From *Template

	bodies *set // Body with its partials
}

// ByCondition reports whether rows get their variants by conditions.
func (c *Campaign) ByCondition() bool { return len(c.Variants) > 0 && c.Variants[0].Weight == 0 }

// Variant returns the variant of this name, nil if there is none.
func (c *Campaign) Variant(name string) *Variant {
	for i := range c.Variants {
		if c.Variants[i].Name == name {
			return &c.Variants[i]
		}
	}
	return nil
}

// VariantNames returns the names of the variants, as the file orders them.
func (c *Campaign) VariantNames() []string {
	names := make([]string, len(c.Variants))
	for i, v := range c.Variants {
		names[i] = v.Name
	}
	return names
}

// A draft is what is read of a campaign before it is known what it needs.
type draft struct {
	message  given
	variants map[string]*given // nil: the file has none
	hold     *yaml.Node        // nil: none
}

// A given is what a part of the file has.
type given struct {
	at    *yaml.Node
	found map[string]bool // keys with a value, right or wrong; nil: it can't be read
	body  *yaml.Node      // nil: none
}

var variantName = pattern(`^[\pL\pN][\pL\pN_-]{0,39}$`)

func (d *decoder) variants(c *Campaign, t *draft) reader {
	return func(name string, n *yaml.Node) {
		t.variants = map[string]*given{}
		if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
			d.add(n, "%s must be names, each with what it has of its own, as in a: {subject: Hello}", name)
			return
		}
		var keys []key
		c.Variants = make([]Variant, 0, len(n.Content)/2) // its elements stay where they are
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if k.Kind == yaml.ScalarNode && !variantName().MatchString(k.Value) {
				d.add(k, "%s.%s must be a name of letters, digits, dashes and underscores, 40 at most", name, k.Value)
			}
			if t.variants[k.Value] == nil { // mapping notes the second one
				c.Variants = append(c.Variants, Variant{Name: k.Value})
				t.variants[k.Value] = &given{at: k}
				keys = append(keys, key{k.Value, d.variant(&c.Variants[len(c.Variants)-1], t.variants[k.Value])})
			}
		}
		d.mapping(name+".", n, keys)
	}
}

func (d *decoder) variant(v *Variant, g *given) reader {
	return func(name string, n *yaml.Node) {
		g.found = d.mapping(name+".", n, []key{
			{"weight", value(d, &v.Weight, parseWeight)},
			{"when", d.condition(&v.When)},
			{"subject", d.template(&v.Subject)},
			{"body", keep(&g.body)},
			{"from", d.from(&v.From)},
		})
		switch when, weight := g.found["when"], g.found["weight"]; {
		case v.Name == Else && (when || weight):
			d.add(g.at, "%s is for all other rows: it has neither a condition nor a weight", name)
		case when && weight:
			d.add(g.at, "%s has a weight or a condition (when), not both", name)
		}
	}
}

// parseWeight reads 1, 2.5 or 50%.
func parseWeight(s string) (float64, error) {
	w, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(s, "%")), 64)
	if err != nil || math.IsNaN(w) || w < 0.001 || w > 1e6 {
		return 0, fmt.Errorf("%q must be a number above 0, as in 1, 50 or 50%%: weights count relative to each other", s)
	}
	return w, nil
}

func (d *decoder) hold(dst *float64, t *draft) reader {
	share := value(d, dst, parseHold)
	return func(name string, n *yaml.Node) {
		t.hold = n
		share(name, n)
	}
}

func parseHold(s string) (float64, error) {
	share, err := ParseShare(s)
	if err != nil || share == 1 {
		return 0, fmt.Errorf("%q must be a percentage above 0%% and below 100%%, as in 80%%", s)
	}
	return share, nil
}

// complete says what the message and its variants lack together.
func (d *decoder) complete(c *Campaign, t *draft) {
	conditions := d.choose(c, t)
	if t.hold != nil && (t.variants == nil || conditions) {
		d.add(t.hold, "hold keeps rows back until it is known which variant is best: it goes with variants that have weights")
	}
	if t.message.found == nil {
		return
	}
	keys := []string{"body", "from"}
	if c.isEmail() {
		keys = append(keys, "subject")
	}
	for _, key := range keys {
		d.requireOf(c, t, key)
	}
}

// choose finds out whether rows get their variants by condition; if not, variants
// that say no weight weigh 1.
func (d *decoder) choose(c *Campaign, t *draft) (conditions bool) {
	for _, v := range c.Variants {
		conditions = conditions || t.variants[v.Name].found["when"] || v.Name == Else
	}
	for i := range c.Variants {
		v := &c.Variants[i]
		g := t.variants[v.Name]
		switch {
		case !conditions && !g.found["weight"]:
			v.Weight = 1
		case conditions && !g.found["when"] && v.Name != Else:
			d.add(g.at, "variants.%s has no condition (when), and others have one, or are %s, which is for all other rows", v.Name, Else)
		case v.Name == Else && len(c.Variants) == 1:
			d.add(g.at, "variants.%s is for all other rows, and there are no others", Else)
		}
	}
	return conditions
}

// requireOf notes a key that neither the message has nor every variant.
func (d *decoder) requireOf(c *Campaign, t *draft, key string) {
	switch lacks := func(v Variant) bool { g := t.variants[v.Name]; return !g.found[key] }; {
	case t.message.found[key]:
	case len(c.Variants) == 0:
		d.add(t.message.at, "message.%s is missing", key)
	default:
		if i := slices.IndexFunc(c.Variants, lacks); i >= 0 {
			d.add(t.message.at, "message.%s is missing, and variants.%s has none of its own", key, c.Variants[i].Name)
		}
	}
}
