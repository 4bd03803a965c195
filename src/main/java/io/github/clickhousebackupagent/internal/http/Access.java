package io.github.clickhousebackupagent.internal.http;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Set;

/**
 * Who may call what. Reading is open unless it is to be closed; what changes anything needs a
 * token. Pages of others, that a browser of somebody who may has open, may nothing.
 *
 * @param token what a caller must show; null: none is set, and nobody may change anything but the
 *     commands on this machine
 * @param commandToken what commands on this machine show, which read it from the state folder;
 *     null: there is none
 * @param closed whether reading needs the token, too
 * @param bind address that the agent listens on, or a name for it
 * @param hereOnly whether that is an address of this machine only
 */
public record Access(
        String token, String commandToken, boolean closed, String bind, boolean hereOnly) {

    /** Who calls without a token. */
    static final String ANYBODY = "anybody";

    private static final String SCHEME = "Bearer ";
    private static final String SET_ONE =
            "set one (http.token-file of agent.yaml, or HTTP_TOKEN_FILE in the environment of the"
                    + " image) and send it as 'Authorization: Bearer TOKEN'";
    private static final Set<String> OURS = Set.of("same-origin", "none");

    /**
     * Looks up the address once: who waited for a name server at each call would be held up by it.
     */
    public Access(String token, String commandToken, boolean closed, String bind) {
        this(token, commandToken, closed, bind, isHereOnly(bind));
    }

    /**
     * Returns who calls, for the journal.
     *
     * @param changes whether the call is to change anything
     * @param authorization header; null: there is none
     * @param remote address of the caller; null: not known
     * @throws ProblemException if the call is not allowed
     */
    String caller(boolean changes, String authorization, String remote) {
        String from = remote == null ? "" : " from " + remote;
        if (isBearer(authorization, commandToken)) {
            return "command" + from;
        }
        if (isBearer(authorization, token)) {
            return "api" + from;
        }
        if (!changes && !closed) {
            return ANYBODY + from;
        }
        if (token == null) {
            throw ProblemException.of(
                    403, "found no token for the API in the configuration; allowed: " + SET_ONE);
        }
        throw ProblemException.of(
                        401,
                        authorization == null
                                ? "found no token; allowed: 'Authorization: Bearer TOKEN'"
                                : "found another token; allowed: that of the configuration")
                .with("WWW-Authenticate", "Bearer realm=\"clickhouse-backup-agent\"");
    }

    /** Takes as long for a token that begins well as for any other. */
    private static boolean isBearer(String authorization, String wanted) {
        return wanted != null
                && authorization != null
                && MessageDigest.isEqual(
                        (SCHEME + wanted).getBytes(StandardCharsets.UTF_8),
                        authorization.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Refuses what a page of somebody else makes a browser send.
     *
     * @param host header; null: there is none
     * @param origin header; null: there is none
     * @param site header {@code Sec-Fetch-Site}; null: there is none
     * @param secure whether it came by TLS
     * @throws ProblemException if it is one
     */
    void requireOurs(String host, String origin, String site, boolean secure) {
        // A name that anybody can let point here: behind it is a page that reads what we answer.
        if (!secure && hereOnly && host != null && !isHere(host)) {
            throw ProblemException.of(
                    403,
                    "Host: found '%s'; allowed: localhost or an address, as the agent listens on this machine only"
                            .formatted(host));
        }
        boolean foreign =
                site != null && !OURS.contains(site.toLowerCase(Locale.ROOT))
                        || origin != null && !isSame(origin, host);
        if (foreign) {
            throw ProblemException.of(
                    403,
                    "Origin: found %s; allowed: none, or the agent's own"
                            .formatted(origin == null ? site : "'" + origin + "'"));
        }
    }

    private static boolean isHereOnly(String bind) {
        try {
            return InetAddress.getByName(bind).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private boolean isHere(String host) {
        String name = host.replaceFirst(":[0-9]+$", "").toLowerCase(Locale.ROOT);
        // By the name in the configuration the commands call.
        return name.equals("localhost")
                || name.equals(bind.toLowerCase(Locale.ROOT))
                || name.matches("[0-9.]+")
                || name.startsWith("[") && name.endsWith("]");
    }

    private static boolean isSame(String origin, String host) {
        try {
            return host != null && host.equalsIgnoreCase(URI.create(origin).getRawAuthority());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Hides the tokens, which a log could show otherwise. */
    @Override
    public String toString() {
        return "Access[closed=%s, bind=%s]".formatted(closed, bind);
    }
}
