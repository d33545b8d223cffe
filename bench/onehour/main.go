// Onehour is the campaign sender that a good Go programmer writes in an hour,
// for comparison: encoding/csv, text/template, net/http with enough idle
// connections, and a CSV of results. It keeps no ledger, waits for no limit and
// tries nothing again: killed, it cannot tell who was written to.
package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"text/template"
)

type party struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

type message struct {
	MessageType string `json:"message_type"`
	Subject     string `json:"subject"`
	Body        string `json:"body"`
	Template    string `json:"template"`
	From        party  `json:"from"`
	To          party  `json:"to"`
}

// A row is one contact and its line, a result what became of it.
type row struct {
	line   int
	fields map[string]string
}

type result struct {
	line   int
	to, id string
	err    error
}

type app struct {
	client        *http.Client
	url, token    string
	subject, body *template.Template
}

func main() {
	log.SetFlags(0)
	list := flag.String("source", "contacts.csv", "the contacts, a CSV `file`")
	body := flag.String("body", "body.txt", "the body, a template `file`")
	out := flag.String("results", "results.csv", "the results, a CSV `file`")
	url := flag.String("url", "", "the API's `address`")
	workers := flag.Int("workers", 64, "messages in flight")
	flag.Parse()
	if err := run(*list, *body, *out, *url, *workers); err != nil {
		log.Fatal(err)
	}
}

func run(list, body, out, url string, workers int) error {
	text, err := template.New(filepath.Base(body)).ParseFiles(body)
	if err != nil {
		return err
	}
	a := &app{
		client:  &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers, MaxConnsPerHost: workers}},
		url:     url + "/messages",
		token:   os.Getenv("INTERCOM_ACCESS_TOKEN"),
		subject: template.Must(template.New("subject").Parse("Hi {{.first_name}}, it's here")),
		body:    text,
	}
	rows, results, written := make(chan row, workers), make(chan result, workers), make(chan error, 1)
	go func() { written <- write(out, results) }()
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for r := range rows {
				results <- a.send(r)
			}
		})
	}
	err = read(list, rows)
	close(rows)
	group.Wait()
	close(results)
	return errors.Join(err, <-written)
}

// read passes each contact on.
func read(path string, rows chan<- row) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	in := csv.NewReader(file)
	header, err := in.Read()
	if err != nil {
		return err
	}
	for {
		cells, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		line, _ := in.FieldPos(0)
		fields := make(map[string]string, len(header))
		for i, name := range header {
			fields[name] = cells[i]
		}
		rows <- row{line, fields}
	}
}

// send renders and sends one contact's message.
func (a *app) send(r row) result {
	done := result{line: r.line, to: r.fields["contact_id"]}
	var subject, body strings.Builder
	if done.err = errors.Join(a.subject.Execute(&subject, r.fields), a.body.Execute(&body, r.fields)); done.err != nil {
		return done
	}
	text, err := json.Marshal(message{"email", subject.String(), body.String(), "personal",
		party{"admin", "394051"}, party{r.fields["role"], r.fields["contact_id"]}})
	if err != nil {
		done.err = err
		return done
	}
	request, err := http.NewRequest(http.MethodPost, a.url, bytes.NewReader(text))
	if err != nil {
		done.err = err
		return done
	}
	request.Header.Set("Authorization", "Bearer "+a.token)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Intercom-Version", "2.14")
	answer, err := a.client.Do(request)
	if err != nil {
		done.err = err
		return done
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	var made struct{ ID string }
	switch {
	case err != nil:
		done.err = err
	case answer.StatusCode != http.StatusOK:
		done.err = fmt.Errorf("answer %s", answer.Status)
	default:
		done.err = json.Unmarshal(got, &made)
	}
	done.id = made.ID
	return done
}

// write writes the results, and counts those that failed.
func write(path string, results <-chan result) error {
	file, err := os.Create(path)
	if err != nil {
		for range results { // or the workers wait for ever
		}
		return err
	}
	out, failed := csv.NewWriter(file), 0
	for r := range results {
		why := ""
		if r.err != nil {
			why = r.err.Error()
			failed++
		}
		_ = out.Write([]string{strconv.Itoa(r.line), r.to, r.id, why}) // its error comes with Flush
	}
	out.Flush()
	if failed > 0 {
		err = fmt.Errorf("%d messages failed", failed)
	}
	return errors.Join(err, out.Error(), file.Close())
}
