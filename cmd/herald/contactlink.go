package main

import (
	"net/url"

	"github.com/herald-campaigns/herald/pkg/contacts"
)

// contactID returns Intercom's id of the contact with a key: the key itself, or
// that of the contact which was looked up. Empty: not known.
func (s *session) contactID(key string) string {
	k, to := s.campaign.Key, &s.campaign.To
	var a contacts.Address
	switch {
	case to.By() == "" && k != nil && k.Text != to.ID.Text, to.By() != "" && k != nil:
		return ""
	case to.By() == "":
		return key
	case a.UnmarshalText([]byte(key)) != nil:
		return ""
	}
	c, err := s.contactOf(a)
	if err != nil {
		return ""
	}
	return c.ID
}

// contactLink returns where the contact is to be seen in Intercom, if its id is
// known.
func (s *session) contactLink(workspace, key string) string {
	if key = s.contactID(key); key == "" {
		return ""
	}
	host := map[string]string{"eu": "app.eu.intercom.com", "au": "app.au.intercom.com"}[s.campaign.API.Region]
	if host == "" {
		host = "app.intercom.com"
	}
	if workspace == "" || workspace == sandboxWorkspace {
		return ""
	}
	return "https://" + host + "/a/apps/" + url.PathEscape(workspace) + "/users/" + url.PathEscape(key) + "/all-conversations"
}
