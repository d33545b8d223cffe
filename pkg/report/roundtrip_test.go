package report

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// fullRow has something in each column, and what is awkward in a file.
func fullRow() Row {
	return Row{
		Key: "user-010", Line: 7, Status: Failed, Code: "not_found",
		MessageID: "019", MessageType: "email", Variant: "b", ConversationID: "613",
		CreatedAt:  time.Date(2026, 11, 22, 18, 45, 0, 0, time.UTC),
		HTTPStatus: 404, ErrorField: "to",
		ErrorMessage: "User \"Zoë, Ltd\" not found;\nsee 'docs'\tor <ask>", RequestID: "r-1",
		Attempts: 2, DurationMS: 84,
		FinishedAt: time.Date(2026, 11, 22, 18, 45, 0, 123e6, time.UTC),
	}
}

func readAll(t testing.TB, path string) []Row {
	t.Helper()
	var rows []Row
	for row, err := range ReadResults(path) {
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		rows = append(rows, row)
	}
	return rows
}

func appendAll(t testing.TB, path string, rows ...Row) {
	t.Helper()
	results, err := OpenResults(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := results.Append(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := results.Close(); err != nil {
		t.Fatal(err)
	}
}

// sequence is rows as WriteResults wants them.
func sequence(rows ...Row) func(func(Row, error) bool) {
	return func(yield func(Row, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func TestColumnsAreThoseOfTheDesign(t *testing.T) {
	const columns = "key,line,status,code,message_id,message_type,variant,conversation_id,created_at," +
		"http_status,error_field,error_message,request_id,attempts,duration_ms,finished_at"
	if got := strings.Join(Columns(), ","); got != columns {
		t.Errorf("columns are\n%s, want\n%s", got, columns)
	}
}

func TestFormats(t *testing.T) {
	for name, want := range map[string]string{
		"r.csv": strings.Join(Columns(), ",") + "\n" +
			`user-010,7,failed,not_found,019,email,b,613,2026-11-22T18:45:00Z,404,to,"User ""Zoë, Ltd"" not found;` +
			"\n" + `see 'docs'	or <ask>",r-1,2,84,2026-11-22T18:45:00.123Z` + "\n" +
			",,skipped,,,,,,,,,,,,,\n",
		"r.jsonl": `{"key":"user-010","line":7,"status":"failed","code":"not_found","message_id":"019","message_type":"email",` +
			`"variant":"b","conversation_id":"613","created_at":"2026-11-22T18:45:00Z","http_status":404,"error_field":"to",` +
			`"error_message":"User \"Zoë, Ltd\" not found;\nsee 'docs'\tor <ask>","request_id":"r-1","attempts":2,` +
			`"duration_ms":84,"finished_at":"2026-11-22T18:45:00.123Z"}` + "\n" +
			`{"key":"","status":"skipped"}` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			rows := []Row{fullRow(), {Status: Skipped}}
			appendAll(t, path, rows...)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(text)); diff != "" {
				t.Errorf("file (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(rows, readAll(t, path)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			other := path + ".anew" + filepath.Ext(name)
			if err := WriteResults(other, sequence(rows...)); err != nil {
				t.Fatal(err)
			}
			if anew, _ := os.ReadFile(other); string(anew) != want {
				t.Errorf("WriteResults differs from Append:\n%s", anew)
			}
		})
	}
}

func TestCleanKeepsWhatAFileCanHold(t *testing.T) {
	dirty := Row{
		Status: Failed, Key: "a\xffb", Code: "x\r\ny\rz\r\r\n",
		ErrorMessage: strings.Repeat("é", MaxText),
		CreatedAt:    time.Unix(1<<40, 0), // milliseconds taken for seconds
		FinishedAt:   time.Date(2026, 11, 22, 20, 45, 0, 123_456_789, time.FixedZone("CET", 7200)),
	}
	got := dirty.clean()
	if got.Key != "a\uFFFDb" || got.Code != "x\ny\nz\n\n" {
		t.Errorf("text became %q, %q", got.Key, got.Code)
	}
	if n := len(got.ErrorMessage); n > MaxText || n < MaxText-4 || !strings.HasSuffix(got.ErrorMessage, "é…") {
		t.Errorf("long message became %d bytes ending in %q", n, got.ErrorMessage[n-5:])
	}
	if !got.CreatedAt.IsZero() {
		t.Errorf("impossible year kept: %v", got.CreatedAt)
	}
	if want := time.Date(2026, 11, 22, 18, 45, 0, 123e6, time.UTC); got.FinishedAt != want {
		t.Errorf("time became %v, want %v", got.FinishedAt, want)
	}
	if again := got.clean(); again != got {
		t.Error("cleaning twice is not cleaning once")
	}
}

// anyRow draws rows of all kinds, clean or not.
func anyRow() *rapid.Generator[Row] {
	text := rapid.OneOf(
		rapid.String(),
		rapid.StringOf(rapid.SampledFrom([]rune("\"',;\t\r\n =\\.\x00\uFEFFé"))),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	)
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		zone := time.FixedZone("", rapid.IntRange(-14, 14).Draw(t, "zone")*3600)
		return time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).In(zone)
	})
	return rapid.Custom(func(t *rapid.T) Row {
		return Row{
			Key: text.Draw(t, "key"), Line: rapid.Int().Draw(t, "line"),
			Status: rapid.SampledFrom(statuses[:]).Draw(t, "status"), Code: text.Draw(t, "code"),
			MessageID: text.Draw(t, "id"), MessageType: text.Draw(t, "type"), Variant: text.Draw(t, "variant"),
			ConversationID: text.Draw(t, "conversation"), CreatedAt: moment.Draw(t, "created"),
			HTTPStatus: rapid.Int().Draw(t, "http"), ErrorField: text.Draw(t, "field"),
			ErrorMessage: text.Draw(t, "message"), RequestID: text.Draw(t, "request"),
			Attempts: rapid.Int().Draw(t, "attempts"), DurationMS: rapid.Int64().Draw(t, "ms"),
			FinishedAt: moment.Draw(t, "finished"),
		}
	})
}

func TestAnyRowsSurviveAFile(t *testing.T) {
	for _, ext := range []string{".csv", ".jsonl"} {
		t.Run(ext, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "r"+ext)
			rapid.Check(t, func(rt *rapid.T) {
				rows := rapid.SliceOfN(anyRow(), 1, 5).Draw(rt, "rows")
				os.Remove(path)
				first := rapid.IntRange(0, len(rows)).Draw(rt, "rows of the first run")
				appendAll(t, path, rows[:first]...)
				appendAll(t, path, rows[first:]...)
				want := slices.Clone(rows)
				for i := range want {
					want[i] = want[i].clean()
				}
				if diff := cmp.Diff(want, readAll(t, path)); diff != "" {
					rt.Fatalf("rows (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add("010", 7, uint8(1), "not_found", "a \"b\"\r\nc;d", int64(84), int64(1_800_000_000_123))
	f.Add("", -1, uint8(0), "\xff\xfe", "\uFEFF", int64(-1), int64(-1))
	f.Add("=1+1", 0, uint8(4), `\.`, "\r", int64(1<<62), int64(0))
	f.Fuzz(func(t *testing.T, key string, n int, status uint8, code, message string, ms, at int64) {
		row := Row{Key: key, Line: n, Status: statuses[int(status)%len(statuses)], Code: code,
			ErrorMessage: message, DurationMS: ms, FinishedAt: time.UnixMilli(at)}
		for _, ext := range []string{".csv", ".jsonl"} {
			path := filepath.Join(t.TempDir(), "r"+ext)
			appendAll(t, path, row)
			if diff := cmp.Diff([]Row{row.clean()}, readAll(t, path)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", ext, diff)
			}
		}
	})
}
