// Command library sends a campaign with herald's packages in a program of its
// own: the contacts come from a variable, the API is a sandbox in the process,
// and what became of each message is printed.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/herald-campaigns/herald/pkg/governor"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/sandbox"
	"github.com/herald-campaigns/herald/pkg/sender"
	"github.com/herald-campaigns/herald/pkg/source"
)

const contacts = `contact_id,first_name
6329f3a1c031,Maria
6329f3a1c032,Jürgen
6329f3a1c033,Aiko
`

func main() {
	dir, err := os.MkdirTemp("", "herald-library-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := run(context.Background(), os.Stdout, filepath.Join(dir, "example.ledger")); err != nil {
		log.Fatal(err)
	}
}

// run sends one message to each contact that this ledger does not know yet.
func run(ctx context.Context, out io.Writer, path string) error {
	api, err := sandbox.Listen(ctx, "", sandbox.New(sandbox.Options{}))
	if err != nil {
		return err
	}
	defer api.Close()

	// Every request of the client passes the governor.
	pace := governor.New(governor.Options{Rate: 160})
	token, err := intercom.NewSecret("any-token-will-do")
	if err != nil {
		return err
	}
	client, err := intercom.New(intercom.Options{BaseURL: api.URL(), Token: token, Wrap: pace.Transport})
	if err != nil {
		return err
	}
	truth, err := ledger.Open(path, ledger.Options{Create: &ledger.Header{Campaign: "example"}})
	if err != nil {
		return err
	}
	defer truth.Close()

	engine := sender.New(sender.Config{
		Open: func() (sender.Source, error) {
			return source.NewReader(strings.NewReader(contacts), source.Options{Format: source.CSV})
		},
		Key: func(r *source.Recipient) (string, error) { return field(r, "contact_id") },
		Render: func(r *source.Recipient) (*intercom.Message, error) {
			id, err := field(r, "contact_id")
			if err != nil {
				return nil, err
			}
			name, err := field(r, "first_name")
			return &intercom.Message{
				Type: intercom.InApp, Body: "Hello " + name, From: 394051,
				To: intercom.Recipients{{Type: "user", ID: id}},
			}, err
		},
		Keys: truth, Ledger: truth, Pace: pace.Pace, Send: client.CreateMessage, Workers: 1,
		Observe: func(row report.Row, _ ledger.State) {
			fmt.Fprintf(out, "%s: %s, message %s\n", row.Key, row.Status, row.MessageID)
		},
	})
	if err := engine.Run(ctx, ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, engine.Progress().Equation)
	return nil
}

// field returns a column of a row as text.
func field(r *source.Recipient, name string) (string, error) {
	v, ok := r.Value(name)
	if !ok {
		return "", fmt.Errorf("there is no column %s", name)
	}
	return fmt.Sprint(v), nil
}
