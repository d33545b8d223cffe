package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/templates"
)

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// A shelf is what a folder has of campaigns: in itself, and in the folders right
// below it.
type shelf struct {
	campaigns []string // files that are campaigns
	broken    []error  // files that look like one and can't be read
	orphans   []string // ledgers that belong to none of them
}

// lookThrough finds the campaigns of a folder.
func lookThrough(dir string) (*shelf, error) {
	found := &shelf{}
	var ledgers []string
	known := map[string]bool{}
	files, err := filesOf(dir)
	for _, path := range files {
		switch filepath.Ext(path) {
		case ".ledger":
			ledgers = append(ledgers, path)
		case ".yaml", ".yml":
			c, err := campaign.Load(path, campaign.Options{Shipped: templates.FS})
			if err != nil {
				found.broken = append(found.broken, brokenCampaign(path, err))
				continue
			}
			s := &session{campaign: c}
			for _, edition := range append(s.editions(), "") {
				home := s.homeOf(edition)
				known[home+".ledger"], known[home+".sandbox.ledger"] = true, true
			}
			found.campaigns = append(found.campaigns, path)
		}
	}
	found.orphans = slices.DeleteFunc(ledgers, func(path string) bool { return known[path] })
	return found, err
}

// filesOf lists the files of a folder and of the folders right below it.
// Folders whose name begins with a dot are passed over.
func filesOf(dir string) ([]string, error) {
	var files []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !e.IsDir() {
			files = append(files, path)
			continue
		}
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		below, err := os.ReadDir(path)
		if err != nil {
			return nil, err
		}
		for _, e := range below {
			if e.Type()&fs.ModeDir == 0 {
				files = append(files, filepath.Join(path, e.Name()))
			}
		}
	}
	return files, nil
}

// brokenCampaign names a file and the first thing that is wrong with it.
func brokenCampaign(path string, err error) error {
	text := firstLine(cause(err))
	if !strings.HasPrefix(text, path) {
		text = path + ": " + text
	}
	return errors.New(text)
}

func firstLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	return text
}

// warnShelf says what of a folder was not asked.
func (p *program) warnShelf(found *shelf) {
	for _, err := range found.broken {
		p.say("passed over: %v", err)
	}
	for _, path := range found.orphans {
		p.say("passed over: %s is the ledger of no campaign here", path)
	}
}

// nothingOn refuses a folder without campaigns.
func (found *shelf) nothingOn(dir string) error {
	if len(found.campaigns) > 0 {
		return nil
	}
	return &refusal{code: exitUsage, what: "there is no campaign in " + dir,
		hint: "name a campaign file, or a folder that has some in itself or right below"}
}

// twin is a session for a campaign of its own, with the same command line.
func (s *session) twin() *session {
	return &session{program: s.program, files: s.files, run: s.run}
}

// twins are sessions for a campaign and each of its editions, or for the one that
// the command line names.
func (s *session) twins(path string) ([]*session, error) {
	first := s.twin()
	if err := first.load(path); err != nil {
		return nil, err
	}
	all := []*session{first}
	if s.files.edition != "" || s.files.ledger != "" {
		return all, nil
	}
	for _, edition := range first.editions() {
		t := s.twin()
		t.files.edition = edition
		all = append(all, t)
	}
	return all, nil
}
