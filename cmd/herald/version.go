package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/herald-campaigns/herald/pkg/intercom"
)

// release is set by the build of a release.
var release = "0.1.0-dev"

// version is the program's version.
func version() string { return release }

func versionCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which version this is",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(p.out, "herald %s, Intercom API %s, %s %s/%s\n", version(), intercom.DefaultVersion,
				runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}
