package control

import (
	"crypto/subtle"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
)

const (
	// maxBody bounds what a request may bring. A plan is a line of text.
	maxBody = 16 << 10
	// maxHeader bounds the headers of a request.
	maxHeader = 16 << 10
)

// guard lets a request through to the pages if it was meant for this server and comes from no
// other site, and to /v1 only with the token too.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		switch {
		case !s.knowsHost(r.Host):
			refuse(w, http.StatusMisdirectedRequest, "this server does not go by that name", "use the address that ionsim has told")
		case !sameSite(r):
			refuse(w, http.StatusForbidden, "the request comes from another page", "open the meter's own page")
		case strings.HasPrefix(r.URL.Path, "/v1/") && !s.hasToken(r):
			h.Set("WWW-Authenticate", `Bearer realm="ionsim"`)
			refuse(w, http.StatusUnauthorized, "the token is missing or wrong", "send `Authorization: Bearer TOKEN`; the token is in the event \"ready\"")
		case r.Method == http.MethodPost && !isJSON(r) && !isEmpty(r):
			refuse(w, http.StatusUnsupportedMediaType, "the body must be JSON in UTF-8", "send `Content-Type: application/json`")
		default:
			if s.hasToken(r) {
				isNoStranger(r)
			}
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			next.ServeHTTP(w, r)
		}
	})
}

// knowsHost reports whether a Host header names an address at which the server listens. A name
// that a stranger's DNS leads here is none.
func (s *Server) knowsHost(host string) bool {
	if s.port == "80" && !strings.HasSuffix(host, ":80") {
		host += ":80" // which browsers leave out
	}
	name, port, err := net.SplitHostPort(host)
	if err != nil || port != s.port {
		return false
	}
	if strings.EqualFold(name, s.name) || s.loopback && strings.EqualFold(name, "localhost") {
		return true
	}
	ip := net.ParseIP(name)
	switch {
	case ip == nil:
		return false
	case s.loopback:
		return ip.IsLoopback()
	}
	return s.everywhere || ip.Equal(s.ip)
}

// sameSite reports whether a request was made by the server's own page, or by no page.
func sameSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
	default:
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Scheme == "http" && strings.EqualFold(u.Host, r.Host)
}

func (s *Server) hasToken(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimLeft(token, " ") // RFC 9110 lets more than one stand there
	ok := strings.EqualFold(scheme, "Bearer")
	return ok && subtle.ConstantTimeCompare([]byte(token), []byte(s.config.Token)) == 1
}

// isJSON reports whether a body is said to be JSON, which is in UTF-8 whether that is said or not.
func isJSON(r *http.Request) bool {
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset, told := parameters["charset"]
	return err == nil && kind == "application/json" && (!told || strings.EqualFold(charset, "utf-8"))
}

// isEmpty reports whether there is no body, and nobody says of what kind it is. A page cannot send such a request
// with the token either, unless it is the server's own.
func isEmpty(r *http.Request) bool {
	return r.ContentLength == 0 && r.Header.Get("Content-Type") == ""
}
