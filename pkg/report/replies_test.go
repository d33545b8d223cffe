package report

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRepliesComeBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "replies.csv")
	if got, err := ReadReplies(path); got != nil || err != nil {
		t.Errorf("a file that is not there: %v, %v", got, err)
	}
	at := time.Date(2026, 11, 22, 18, 45, 0, 0, time.UTC)
	all := []Reply{
		{Key: "010", Line: 7, Variant: "b", MessageID: "0019", SentAt: at, ConversationID: "5", State: "open", CheckedAt: at},
		{Key: `a "b", c`, Line: 3, MessageID: "18", SentAt: at, ConversationID: "6", State: "closed", RepliedAt: at.Add(time.Minute), CheckedAt: at},
	}
	if err := WriteReplies(path, all); err != nil {
		t.Fatal(err)
	}
	got, err := ReadReplies(path)
	if diff := cmp.Diff([]string{`a "b", c`, "010"}, []string{got[0].Key, got[1].Key}); diff != "" || err != nil {
		t.Fatal(err, diff)
	}
	if diff := cmp.Diff(all, got); diff != "" { // WriteReplies has sorted them
		t.Error(diff)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestRepliesThatAreNone(t *testing.T) {
	const header = "key,line,variant,message_id,sent_at,conversation_id,state,first_reply_at,checked_at\n"
	for name, text := range map[string]string{
		"other columns":  "id,name\n1,Ann\n",
		"no message":     header + "a,1,,,,,,,\n",
		"no time":        header + "a,1,,5,yesterday,,,,\n",
		"no line":        header + "a,x,,5,,,,,\n",
		"an open quote":  header + "\"a,1,,5,,,,,\n",
		"too few values": header + "a,1\n",
	} {
		path := filepath.Join(t.TempDir(), "replies.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadReplies(path); err == nil {
			t.Errorf("%s: read as %+v", name, got)
		}
	}
}
