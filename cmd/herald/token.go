package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/herald-campaigns/herald/pkg/intercom"
)

const (
	tokenVariable = "INTERCOM_ACCESS_TOKEN"
	maxToken      = 64 << 10
)

// token finds the access token: --token-file, --token-cmd, the environment, or
// what `herald login` stored. The first that is given counts.
func (s *session) token(ctx context.Context) (intercom.Secret, error) {
	text, from, err := s.tokenText(ctx)
	if err != nil {
		return intercom.Secret{}, err
	}
	if from == "" {
		return intercom.Secret{}, &refusal{code: exitCant, what: "there is no access token",
			hint: "set " + tokenVariable + ", use --token-file or --token-cmd, or store one with: herald login"}
	}
	secret, err := intercom.NewSecret(text)
	if err != nil {
		return intercom.Secret{}, &refusal{code: exitCant, what: fmt.Sprintf("%s holds no usable access token", from),
			hint: "a token is one line of visible ASCII characters, as Intercom's developer hub shows it"}
	}
	return secret, nil
}

func (s *session) tokenText(ctx context.Context) (text, from string, err error) {
	switch {
	case s.api.tokenFile != "":
		text, err = readTokenFile(s.api.tokenFile)
		return text, s.api.tokenFile, err
	case s.api.tokenCmd != "":
		text, err = runTokenCommand(ctx, s.api.tokenCmd)
		return text, "the output of --token-cmd", err
	case s.env(tokenVariable) != "":
		return s.env(tokenVariable), tokenVariable, nil
	}
	path, err := storedTokenPath()
	if err != nil {
		return "", "", nil // no home folder: nothing was ever stored
	}
	if _, err := os.Stat(path); err != nil {
		return "", "", nil
	}
	text, err = readTokenFile(path)
	return text, path, err
}

// readTokenFile refuses a file that other users of the machine can read.
func readTokenFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", &refusal{code: exitCant, what: fmt.Sprintf("can't read the token file %s: %s", path, cause(err)),
			hint: "check --token-file"}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 && info.Mode().IsRegular() {
		return "", &refusal{code: exitCant, what: fmt.Sprintf("others can read the token file %s (mode %04o)", path, info.Mode().Perm()),
			hint: "let nobody else read it", next: []string{"chmod 600 " + shellQuote(path)}}
	}
	b, err := io.ReadAll(io.LimitReader(f, maxToken))
	if err != nil {
		return "", &refusal{code: exitCant, what: fmt.Sprintf("can't read the token file %s: %s", path, cause(err)),
			hint: "name a file that holds the token and nothing else"}
	}
	return string(b), nil
}

// runTokenCommand runs a shell command and returns what it printed. What it
// says on stderr is not shown: it might repeat a secret.
func runTokenCommand(ctx context.Context, command string) (string, error) {
	shell, flag := "sh", "-c"
	if runtime.GOOS == "windows" {
		shell, flag = "cmd", "/c"
	}
	var out bytes.Buffer
	c := exec.CommandContext(ctx, shell, flag, command)
	c.Stdout = &out
	err := c.Run()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", &refusal{code: exitCant, what: fmt.Sprintf("--token-cmd failed: %v", err),
			hint: "run the command by hand: it must print the token and exit with 0"}
	}
	return out.String(), nil
}

// storedTokenPath is where `herald login` keeps the token.
func storedTokenPath() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "herald", "token"), nil
}

// storeToken writes the token for later runs, readable by its owner alone.
func storeToken(text string) (string, error) {
	path, err := storedTokenPath()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	aside := path + ".new"
	if err := os.Remove(aside); err != nil && !os.IsNotExist(err) {
		return "", err
	}
	if err := os.WriteFile(aside, []byte(strings.TrimSpace(text)+"\n"), fs.FileMode(0o600)); err != nil {
		return "", err
	}
	return path, os.Rename(aside, path)
}
