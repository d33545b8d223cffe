package source

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
)

func TestSnake(t *testing.T) {
	for name, want := range map[string]string{
		"First Name": "first_name", "e-mail": "e_mail", " (Plan) ": "plan", "ÄPFEL 2": "äpfel_2", "first_name": "first_name", "--": "",
	} {
		if got := Snake(name); got != want {
			t.Errorf("Snake(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestHeader(t *testing.T) {
	h, err := NewHeader([]string{" First Name", "E-Mail", "e mail", "plan"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"First Name": 0, "first_name": 0, "E-Mail": 1, "e mail": 2, "plan": 3, "e_mail": -1, "Plan": -1} {
		i, ok := h.Index(name)
		if ok != (want >= 0) || ok && i != want {
			t.Errorf("Index(%q) = %d, %v, want %d", name, i, ok, want)
		}
	}
	if names := h.Names(); h.Len() != 4 || !slices.Equal(names, []string{"First Name", "E-Mail", "e mail", "plan"}) {
		t.Errorf("names %q", names)
	}
}

func TestHeaderErrors(t *testing.T) {
	for _, test := range []struct {
		names []string
		want  HeaderError
	}{
		{[]string{"a", " "}, HeaderError{Column: 2}},
		{[]string{"a", "b", "c", " b"}, HeaderError{Column: 4, Name: "b", First: 2}},
	} {
		_, err := NewHeader(test.names)
		var got *HeaderError
		if !errors.As(err, &got) || *got != test.want {
			t.Errorf("%q: got %v, want %v", test.names, err, &test.want)
		}
	}
}

func TestRecipientValues(t *testing.T) {
	h, err := NewHeader([]string{"First Name", "id"})
	if err != nil {
		t.Fatal(err)
	}
	row := NewRecipient(h, 2, []string{"Ann", "1"})
	object := NewObject(2, map[string]any{"First Name": "Ann", "id": json.Number("1"), "E-Mail": "a", "e mail": "b"})
	for _, test := range []struct {
		recipient *Recipient
		name      string
		want      any
	}{
		{row, "First Name", "Ann"}, {row, "first_name", "Ann"}, {row, "id", "1"}, {row, "ID", nil},
		{object, "First Name", "Ann"}, {object, "first_name", "Ann"}, {object, "id", json.Number("1")}, {object, "e_mail", nil},
	} {
		got, ok := test.recipient.Value(test.name)
		if ok != (test.want != nil) || ok && got != test.want {
			t.Errorf("Value(%q) = %v, %v, want %v", test.name, got, ok, test.want)
		}
	}
	if row.At(0) != "Ann" || row.Header() != h || object.Header() != nil {
		t.Error("the row's header or first value is not what it was made of")
	}
	if names := object.Names(); !slices.Equal(names, []string{"E-Mail", "First Name", "e mail", "id"}) {
		t.Errorf("names %q", names)
	}
}
