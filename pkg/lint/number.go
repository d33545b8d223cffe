package lint

import "strings"

// isSpreadsheetError reports whether a value is what a spreadsheet shows in the
// place of one: the errors of Excel, LibreOffice and Google Sheets in English,
// and where Excel translates them, in German, French and Spanish.
func isSpreadsheetError(s string) bool {
	switch s {
	case "#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#ERROR!", "#SPILL!", "#CALC!",
		"#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#GETTING_DATA", "#EXTERNAL!", "#PYTHON!",
		"#BEZUG!", "#NV", "#WERT!", "#ZAHL!", "#ÜBERLAUF!", "#KALK!",
		"#VALEUR!", "#NOM?", "#NOMBRE!", "#PROPAGATION!",
		"#¡REF!", "#¡VALOR!", "#¿NOMBRE?", "#¡DIV/0!", "#¡NUM!", "#¡NULO!", "#¡DESBORDAMIENTO!":
		return true
	}
	return len(s) > 4 && strings.Trim(s, "#") == "" || strings.HasPrefix(s, "Err:5") && len(s) == len("Err:502")
}

// isNumberNotation reports whether a value is a number with an exponent, as a
// spreadsheet or a program writes one that has many digits: 6.76E+22.
func isNumberNotation(s string) bool {
	mantissa, exponent, ok := strings.Cut(s, "E+")
	if !ok {
		mantissa, exponent, ok = strings.Cut(s, "e+")
	}
	whole, part, fraction := cutDecimals(strings.TrimPrefix(mantissa, "-"))
	return ok && isDigits(whole) && len(whole) == 1 && (!fraction || isDigits(part)) && isDigits(exponent) && len(exponent) <= 3
}

// isFloat reports whether a value is a whole number that a program took for one
// with decimals: 12345.0.
func isFloat(s string) bool {
	whole, part, fraction := cutDecimals(s)
	return fraction && isDigits(whole) && (part == "0" || part == "00")
}

func cutDecimals(s string) (whole, part string, fraction bool) {
	if i := strings.IndexAny(s, ".,"); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// isNullText reports whether a value is how a program writes that there is none.
// Null and Nan are surnames and places, so letter case counts.
func isNullText(s string) bool {
	switch s {
	case "null", "NULL", "(null)", "<null>", "undefined", "NaN", "nan", "None", "nil", "<nil>", "[object Object]":
		return true
	}
	return false
}
