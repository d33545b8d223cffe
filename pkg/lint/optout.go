package lint

import (
	"html"
	"strings"
)

// optOuts are what emails say to those who want no more of them, in lower case.
var optOuts = []string{
	// English
	"unsubscribe", "opt out", "opt-out", "optout", "stop receiving", "no longer receive", "no longer wish to",
	"rather not hear", "rather not receive", "will not write again", "won't write again", "reply with “stop", "reply with \"stop",
	"reply stop", "email preferences", "e-mail preferences", "manage preferences", "manage your preferences",
	"notification settings", "email settings", "communication preferences", "subscription preferences",
	// German, French, Spanish, Italian, Portuguese
	"abmelden", "abmeldung", "abbestellen", "austragen", "keine weiteren e-mails", "keine weiteren mails", "widersprechen",
	"désabonner", "desabonner", "désinscrire", "desinscrire", "se désinscrire", "ne plus recevoir",
	"darse de baja", "darte de baja", "dar de baja", "cancelar la suscripción", "cancelar suscripción", "dejar de recibir",
	"disiscriv", "disiscriz", "annulla l'iscrizione", "cancella l'iscrizione", "annullare l'iscrizione", "non ricevere più",
	"cancelar a subscrição", "cancelar subscrição", "cancelar a assinatura", "cancelar assinatura", "cancelar inscrição", "descadastr", "deixar de receber",
	// Dutch, the Nordic languages, Polish, Czech, Turkish, Japanese, Chinese
	"afmelden", "uitschrijven", "avprenumerera", "avregistrera", "avsluta prenumeration", "afmeld", "frameld", "meld deg av", "meld af", "avmeld",
	"peru tilaus", "peruuta tilaus", "lopeta tilaus", "wypisz", "zrezygn", "anuluj subskrypcj", "odhlásit", "zrušit odběr",
	"abonelikten", "配信停止", "購読解除", "退订", "取消订阅", "отписаться",
}

// canOptOut reports whether a body says how to get no more emails, in a fixed
// text or by a field that is named so.
func (l *Linter) canOptOut(w wording) bool {
	text := strings.ToLower(html.UnescapeString(l.renderer.Fixed(w.body).Text))
	for _, words := range optOuts {
		if strings.Contains(text, words) {
			return true
		}
	}
	for _, u := range l.uses {
		name := strings.ToLower(u.Field)
		if u.Setting == w.body && (strings.Contains(name, "unsub") || strings.Contains(name, "opt_out") || strings.Contains(name, "optout") || strings.Contains(name, "opt-out")) {
			return true
		}
	}
	return false
}
