package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/pflag"

	"github.com/herald-campaigns/herald/pkg/ledger"
)

func (f *fileFlags) addEdition(flags *pflag.FlagSet) {
	flags.StringVar(&f.edition, "edition", "", "the `name` of this period of a campaign that recurs, as in 2026-W48: it has a ledger and results of its own, NAME.EDITION.ledger")
}

// maxEdition is the greatest length of an edition's name, in bytes.
const maxEdition = 40

// isEdition reports whether a name can be that of an edition. It begins the names
// of files, and must not be what they say of themselves.
func isEdition(name string) bool {
	bad := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' }
	reserved := []string{"sandbox", "rehearsal", "results", "contacts", "replies"}
	return name != "" && len(name) <= maxEdition && !strings.ContainsFunc(name, bad) && !slices.Contains(reserved, strings.ToLower(name)) &&
		!strings.HasPrefix(name, "kept-")
}

// setEdition gives templates the name of the edition, as .vars.edition.
func (s *session) setEdition() error {
	switch edition := s.files.edition; {
	case edition == "" && !s.files.given("edition"):
	case !isEdition(edition):
		return &usageError{err: fmt.Errorf("--edition: %q must be a name of letters, digits, dashes and underscores, as in 2026-W48", edition)}
	default:
		s.campaign.Vars["edition"] = edition
	}
	return nil
}

// home is how the names of the campaign's own files begin: its folder, its name,
// and the edition's.
func (s *session) home() string { return s.homeOf(s.files.edition) }

func (s *session) homeOf(edition string) string {
	home := filepath.Join(filepath.Dir(s.campaign.File), s.campaign.Name)
	if edition != "" {
		home += "." + edition
	}
	return home
}

// title is the campaign's name with that of the edition, as ledgers and people
// have it. No campaign's name has a blank, so it is never that of another one.
func (s *session) title() string { return titleOf(s.campaign.Name, s.files.edition) }

func titleOf(name, edition string) string {
	if edition == "" {
		return name
	}
	return name + " " + edition
}

// editions lists the editions of a campaign that have a ledger, sorted.
func (s *session) editions() []string {
	prefix := s.campaign.Name + "."
	ledgers, _ := filesLike(filepath.Dir(s.campaign.File), func(name string) bool {
		return strings.HasPrefix(name, prefix) && strings.HasSuffix(name, ".ledger")
	})
	var names []string
	for _, path := range ledgers {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), prefix), ".ledger")
		name = strings.TrimSuffix(name, ".sandbox")
		if isEdition(name) && !slices.Contains(names, name) && isOf(path, titleOf(s.campaign.Name, name)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// isOf reports whether a ledger is of the campaign with this title: that of a
// campaign whose name has a dot may be called like an edition's.
func isOf(path, title string) bool {
	for r, err := range ledger.Records(path, nil) {
		header, ok := r.Value.(ledger.Header)
		return err == nil && ok && header.Campaign == title
	}
	return false
}

// rightEdition refuses to begin a ledger where the name of the edition may be a
// slip: everybody would be written to again.
func (s *session) rightEdition() error {
	if s.files.ledger != "" {
		return nil
	}
	editions := s.editions()
	if s.files.edition == "" && len(editions) > 0 {
		last := editions[len(editions)-1]
		return &refusal{code: exitUsage, what: fmt.Sprintf("%s is sent in editions, the last one %s, and none is named", s.campaign.Name, last),
			hint: "name one, as in --edition " + last + "; or keep a ledger of its own for this run, with --ledger"}
	}
	same := slices.IndexFunc(editions, func(e string) bool { return strings.EqualFold(e, s.files.edition) && e != s.files.edition })
	if same >= 0 {
		return &refusal{code: exitUsage, what: fmt.Sprintf("there is no edition %s, but %s", s.files.edition, editions[same]),
			hint: "add --edition " + editions[same] + " to go on with that; nothing was sent"}
	}
	return nil
}

// editionHint says which editions a campaign has, for whoever named none or
// another; empty if there are none.
func (s *session) editionHint() string {
	editions := s.editions()
	if len(editions) == 0 {
		return ""
	}
	const shown = 5
	return "it is sent in editions: add --edition " + strings.Join(editions[max(0, len(editions)-shown):], ", or ")
}
