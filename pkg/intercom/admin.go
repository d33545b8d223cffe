package intercom

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
)

// An Admin is a teammate of the workspace: one who can be a message's sender.
type Admin struct {
	ID    int64
	Name  string
	Email string
}

// An App is a workspace.
type App struct {
	ID       string // id_code
	Name     string
	Region   string // US, EU or AU
	Timezone string // as Intercom names it, "America/Los_Angeles"
}

// Me is who a token belongs to.
type Me struct {
	Admin
	App App
}

// Me asks whose token it is (GET /me). Its error is always an *Error; Unknown
// only means that the answer is missing, and asking again does no harm.
func (c *Client) Me(ctx context.Context) (Me, error) {
	var w struct {
		wireAdmin
		App struct {
			ID       text `json:"id_code"`
			Name     text `json:"name"`
			Region   text `json:"region"`
			Timezone text `json:"timezone"`
		} `json:"app"`
	}
	err := c.get(ctx, "get me", c.getMe, &w)
	if err != nil {
		return Me{}, err
	}
	admin, err := c.admin("get me", w.wireAdmin)
	if err != nil {
		return Me{}, err
	}
	app := App{c.tidy.name(w.App.ID), c.tidy.name(w.App.Name), c.tidy.name(w.App.Region), c.tidy.name(w.App.Timezone)}
	return Me{admin, app}, nil
}

// Admin asks for one admin (GET /admins/{id}). Its error is always an *Error,
// with CodeAdminNotFound if there is none of this id.
func (c *Client) Admin(ctx context.Context, id int64) (Admin, error) {
	const op = "get admin"
	getAdmin := func(ctx context.Context) *http.Request {
		r := c.listAdmins(ctx)
		r.URL = r.URL.JoinPath(strconv.FormatInt(id, 10))
		return r
	}
	var w wireAdmin
	if err := c.get(ctx, op, getAdmin, &w); err != nil {
		return Admin{}, err
	}
	return c.admin(op, w)
}

// Admins asks for all admins of the workspace (GET /admins). Its error is
// always an *Error.
func (c *Client) Admins(ctx context.Context) ([]Admin, error) {
	const op = "list admins"
	var w struct {
		Admins []wireAdmin `json:"admins"`
	}
	if err := c.get(ctx, op, c.listAdmins, &w); err != nil {
		return nil, err
	}
	admins := make([]Admin, 0, len(w.Admins))
	for _, one := range w.Admins {
		admin, err := c.admin(op, one)
		if err != nil {
			return nil, err
		}
		admins = append(admins, admin)
	}
	return admins, nil
}

// get sends one GET and decodes its answer into what v points to.
func (c *Client) get(ctx context.Context, op string, newRequest model, v any) error {
	nothing := func(dst []byte) []byte { return dst }
	return c.read(ctx, op, newRequest, nothing, maxAnswer, v)
}

// read sends one request that changes nothing, with the body that fill appends,
// and decodes its answer of at most limit bytes into what v points to.
func (c *Client) read(ctx context.Context, op string, newRequest model, fill func([]byte) []byte, limit int, v any) error {
	a := c.attempt()
	defer c.giveBack(a)
	a.body = fill(a.body[:0])
	ans, err := c.exchange(ctx, op, newRequest, a, limit)
	switch {
	case err != nil:
		return err
	case !ans.ok():
		return ans.refusal(op, c.tidy)
	}
	if err := cmp.Or(ans.err, json.Unmarshal(ans.body, v)); err != nil {
		return c.unreadable(op, err)
	}
	return nil
}

// wireAdmin is an admin on the wire.
type wireAdmin struct {
	ID    text `json:"id"`
	Name  text `json:"name"`
	Email text `json:"email"`
}

func (c *Client) admin(op string, w wireAdmin) (Admin, error) {
	id, err := strconv.ParseInt(string(w.ID), 10, 64)
	if err != nil {
		return Admin{}, c.unreadable(op, err)
	}
	return Admin{id, c.tidy.name(w.Name), c.tidy.name(w.Email)}, nil
}

// unreadable returns the error of a 200 that does not say what was asked.
func (c *Client) unreadable(op string, cause error) *Error {
	return &Error{Op: op, Status: http.StatusOK, Message: "the answer can't be read", Err: c.tidy.err(cause)}
}
