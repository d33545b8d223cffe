package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// fileFlags say where a campaign's files are, if not where they usually are.
type fileFlags struct {
	source, ledger, results string
	edition                 string         // of a campaign that recurs; empty: it does not
	all                     *pflag.FlagSet // of the command; nil if it has no such flags
}

// told returns the flags of this command line that another command must be
// given as well, to mean the same files and the same workspace: without its
// --ledger a run that is resumed would write to everybody again. --token-cmd is
// left out: it may be an echo of the token.
func (f *fileFlags) told(command string) string {
	names := []string{"source", "ledger", "results", "edition"}
	switch name, _, _ := strings.Cut(strings.TrimPrefix(command, "herald "), " "); name {
	case "send", "retry":
		names = append(names, "token-file", "region", "base-url", "rate", "share", "exclude-sent-by", "only-sent-by")
	case "check":
		names = append(names, "token-file", "region", "base-url", "exclude-sent-by", "only-sent-by")
	}
	text := ""
	for _, name := range names {
		if f.given(name) && !strings.Contains(command, " --"+name+" ") {
			for _, value := range valuesOf(f.all.Lookup(name).Value) {
				text += " --" + name + " " + shellQuote(value)
			}
		}
	}
	return text
}

// valuesOf returns the values of a flag, which may be given several times.
func valuesOf(v pflag.Value) []string {
	if list, ok := v.(pflag.SliceValue); ok {
		return list.GetSlice()
	}
	return []string{v.String()}
}

// given reports whether the command line has the flag.
func (f *fileFlags) given(name string) bool {
	if f.all == nil {
		return false
	}
	flag := f.all.Lookup(name)
	return flag != nil && flag.Changed
}

// origin is where the value of a flag was given: on the command line or in the
// environment.
func (f *fileFlags) origin(name string) string {
	if f.all != nil && !f.given(name) {
		if flag := f.all.Lookup(name); flag != nil && variableOf(flag) != "" {
			return variableOf(flag)
		}
	}
	return "--" + name
}

// addSource is add for a command that has no other file.
func (f *fileFlags) addSource(flags *pflag.FlagSet) {
	f.all = flags
	flags.StringVar(&f.source, "source", "", "read recipients from this `file` and not the campaign's; - is stdin")
	f.addEdition(flags)
}

func (f *fileFlags) add(flags *pflag.FlagSet) {
	f.addSource(flags)
	flags.StringVar(&f.ledger, "ledger", "", "keep claims and outcomes in this `file` (default NAME.ledger beside the campaign)")
	flags.StringVar(&f.results, "results", "", "write outcomes to this .csv or .jsonl `file` (default NAME.results.csv beside the campaign)")
}

// addReading is add for a command that begins no run: it takes the files as they
// are.
func (f *fileFlags) addReading(flags *pflag.FlagSet) {
	f.addSource(flags)
	flags.StringVar(&f.ledger, "ledger", "", "claims and outcomes are in this `file` (default NAME.ledger beside the campaign)")
	flags.StringVar(&f.results, "results", "", "the people's copy of the outcomes is this .csv or .jsonl `file` (default NAME.results.csv beside the campaign)")
}

// addLedger is add for a command that needs to know the ledger alone.
func (f *fileFlags) addLedger(flags *pflag.FlagSet) {
	f.all = flags
	f.addEdition(flags)
	flags.StringVar(&f.ledger, "ledger", "", "the campaign's ledger is this `file` (default NAME.ledger beside the campaign)")
}

// none refuses the files of one campaign for a folder of them.
func (f *fileFlags) none() error {
	for _, name := range []string{"source", "ledger", "results", "edition"} {
		if f.given(name) {
			return &usageError{err: fmt.Errorf("--%s is of one campaign: name that, not a folder", name)}
		}
	}
	return nil
}
