package sandbox

import (
	"net/http"
	"strconv"
)

// adminItem is an admin as answers show it.
type adminItem struct {
	Type            string `json:"type"`
	ID              string `json:"id"`
	Name            string `json:"name"`
	Email           string `json:"email"`
	AwayModeEnabled bool   `json:"away_mode_enabled"`
	HasInboxSeat    bool   `json:"has_inbox_seat"`
	TeamIDs         []int  `json:"team_ids"`
}

type adminList struct {
	Type   string      `json:"type"`
	Admins []adminItem `json:"admins"`
}

// meAnswer is the documented answer to GET /me.
type meAnswer struct {
	Type          string  `json:"type"`
	ID            string  `json:"id"`
	Name          string  `json:"name"`
	Email         string  `json:"email"`
	EmailVerified bool    `json:"email_verified"`
	HasInboxSeat  bool    `json:"has_inbox_seat"`
	App           appItem `json:"app"`
}

type appItem struct {
	Type                 string `json:"type"`
	IDCode               string `json:"id_code"`
	Name                 string `json:"name"`
	Region               string `json:"region"`
	Timezone             string `json:"timezone"`
	CreatedAt            int64  `json:"created_at"`
	IdentityVerification bool   `json:"identity_verification"`
}

func (a *Admin) item() adminItem {
	return adminItem{
		Type: "admin", ID: strconv.FormatInt(a.ID, 10), Name: a.Name, Email: a.Email,
		HasInboxSeat: true, TeamIDs: []int{},
	}
}

func adminNotFound(field string) *refusal {
	return &refusal{404, "admin_not_found", "Admin not found", field}
}

// findAdmin returns nil for an id that no admin has, unless any sender will do.
func (s *Sandbox) findAdmin(id int64) *Admin {
	for i := range s.options.Admins {
		if s.options.Admins[i].ID == id {
			return &s.options.Admins[i]
		}
	}
	if s.options.AnySender {
		return &Admin{ID: id, Name: "Admin " + strconv.FormatInt(id, 10)}
	}
	return nil
}

func (s *Sandbox) me(request) *answer {
	owner, app := s.options.Admins[0].item(), s.options.Workspace
	return jsonAnswer(http.StatusOK, meAnswer{
		Type: "admin", ID: owner.ID, Name: owner.Name, Email: owner.Email,
		EmailVerified: true, HasInboxSeat: true,
		App: appItem{
			Type: "app", IDCode: app.IDCode, Name: app.Name, Region: app.Region, Timezone: app.Timezone,
			CreatedAt: 1_577_836_800,
		},
	})
}

func (s *Sandbox) admins(request) *answer {
	list := adminList{Type: "admin.list"}
	for i := range s.options.Admins {
		list.Admins = append(list.Admins, s.options.Admins[i].item())
	}
	return jsonAnswer(http.StatusOK, list)
}

func (s *Sandbox) admin(r request) *answer {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if found := s.findAdmin(id); found != nil && err == nil {
		return jsonAnswer(http.StatusOK, found.item())
	}
	return s.refuse(&r, adminNotFound(""))
}
