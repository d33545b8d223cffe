package intercom

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
)

// TestProxyFromTheEnvironment runs itself in a process of its own, since
// net/http reads the environment once.
func TestProxyFromTheEnvironment(t *testing.T) {
	if os.Getenv("HERALD_TEST_PROXY") != "" {
		throughProxy(t)
		return
	}
	var asked atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.Method + " " + r.Host + " " + r.Header.Get("Proxy-Authorization"))
		http.Error(w, "no", http.StatusProxyAuthRequired)
	}))
	defer proxy.Close()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "HERALD_TEST_PROXY=1", "NO_PROXY=", "no_proxy=",
		"HTTPS_PROXY="+strings.Replace(proxy.URL, "://", "://me:hunter2@", 1))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if got, _ := asked.Load().(string); !strings.HasPrefix(got, "CONNECT herald.invalid:443 Basic ") {
		t.Errorf("the proxy was asked %q", got)
	}
	if !strings.Contains(string(out), "class not sent") || strings.Contains(string(out), "hunter2") || shows(string(out)) {
		t.Errorf("it says %s", out)
	}
}

// throughProxy sends one message to a remote host, and one to this machine,
// which must not go through the proxy.
func throughProxy(t *testing.T) {
	_, err := newClient(t, Options{BaseURL: "https://herald.invalid"}).CreateMessage(t.Context(), email())
	fmt.Fprintf(os.Stdout, "class %v: %v, %+v\n", ClassOf(err), err, asError(t, err))
	server := httptest.NewServer(answering(created))
	defer server.Close()
	for _, base := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)} {
		if _, err := newClient(t, Options{BaseURL: base}).CreateMessage(t.Context(), email()); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
	io.WriteString(os.Stdout, "done\n")
}
