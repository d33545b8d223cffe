package report

import "fmt"

// Equation is the account over the rows of one source. Each number is counted
// where it comes about, none is computed from the others, so that a row which
// got lost shows.
type Equation struct {
	Rows    int `json:"rows"`
	Sent    int `json:"sent"`
	Failed  int `json:"failed"`
	Skipped int `json:"skipped"`
	Unknown int `json:"unknown"`
	Pending int `json:"pending"`
}

// Balanced says whether every row of the source is accounted for exactly once.
func (e Equation) Balanced() bool { return e.Rows == e.sum() }

func (e Equation) sum() int {
	return e.Sent + e.Failed + e.Skipped + e.Unknown + e.Pending
}

// String writes the equation for people, and when it does not balance says by
// how many rows.
func (e Equation) String() string {
	noun, relation, verdict := "rows", "=", ""
	if e.Rows == 1 {
		noun = "row"
	}
	if lost := e.Rows - e.sum(); lost != 0 {
		relation, verdict = "≠", fmt.Sprintf(" (%s not accounted for)", Number(lost))
		if lost < 0 {
			verdict = fmt.Sprintf(" (%s too many)", Number(-lost))
		}
	}
	return fmt.Sprintf("%s %s %s %s sent + %s failed + %s skipped + %s unknown + %s pending%s",
		Number(e.Rows), noun, relation, Number(e.Sent), Number(e.Failed),
		Number(e.Skipped), Number(e.Unknown), Number(e.Pending), verdict)
}
