package io.github.clickhousebackupagent.internal.http;

import io.github.clickhousebackupagent.api.ApiException;
import io.github.clickhousebackupagent.internal.journal.JournalException;
import io.github.clickhousebackupagent.internal.marker.MarkerException;
import io.github.clickhousebackupagent.internal.run.Causes;
import io.github.clickhousebackupagent.internal.run.RefusedException;
import io.github.clickhousebackupagent.internal.text.Excerpt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.Map;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Takes in calls, and puts answers into words. Thread-safe.
 *
 * <p>Headers are looked up whatever their case; one that came twice is none that is allowed.
 */
public final class HttpApi {

    private static final Logger LOG = LogManager.getLogger(HttpApi.class);

    /** Of whom a call comes, as the server that took it says. */
    public static final String REMOTE = "CamelVertxPlatformHttpRemoteAddress";

    /** Where a call was sent, as the server that took it says. */
    public static final String URL = "CamelHttpUrl";

    private static final String METHOD = "CamelHttpMethod";
    private static final String PATH = "CamelHttpUri";
    private static final String QUERY = "CamelHttpQuery";

    /** What a caller is told whose call failed by a fault of ours. */
    public static final String NOT_FORESEEN =
            "this call failed in a way that was not foreseen; the log of the agent says how";

    /** What a caller is told where a file of ours is at fault: nobody needs to know where it is. */
    static final String FILE_OF_OURS =
            "the agent cannot read or write a file of its own; its log says which and why";

    private static final String KEY = "[A-Za-z0-9._~-]{1,100}";

    private final Access access;
    private Contract contract;

    /**
     * @param access who may call what
     */
    public HttpApi(Access access) {
        this.access = access;
    }

    /** The document is read when somebody calls: not every agent is ever called. */
    private synchronized Contract contract() {
        if (contract == null) {
            contract = Contract.read();
        }
        return contract;
    }

    /**
     * Returns what a call asks for that came by a route. Nothing of it goes through expressions of
     * routes, where a text such as {@code null} or one in quotes is another one.
     *
     * @param headers all of them, with what the server that took the call says of it
     * @param body as it was sent; null: there is none
     * @throws ProblemException if it is refused
     */
    public Call take(Map<String, Object> headers, byte[] body) {
        return accept(
                header(headers, METHOD),
                header(headers, PATH),
                header(headers, QUERY),
                headers,
                body);
    }

    /**
     * Returns what a call asks for.
     *
     * @param method such as {@code GET}
     * @param path whole path, as it was sent
     * @param query as it was sent; null: there is none
     * @param headers all of them
     * @param body as it was sent; null: there is none
     * @throws ProblemException if it is refused
     */
    public Call accept(
            String method, String path, String query, Map<String, Object> headers, byte[] body) {
        access.requireOurs(
                header(headers, "Host"),
                header(headers, "Origin"),
                header(headers, "Sec-Fetch-Site"),
                isSecure(headers));
        // Of some servers it comes with the query.
        String asked = path.replaceFirst("[?].*", "");
        String below =
                asked.startsWith(Contract.BASE) ? asked.substring(Contract.BASE.length()) : asked;
        Contract.Match match = contract().match(method, below);
        String by =
                access.caller(match.changes(), header(headers, "Authorization"), remote(headers));
        Map<String, String> values = contract().query(match, query);
        String key = header(headers, "Idempotency-Key");
        if (key != null && !key.matches(KEY)) {
            throw ProblemException.of(
                    400,
                    "Idempotency-Key: found '%s'; allowed: %s".formatted(Excerpt.of(key), KEY));
        }
        return new Call(
                match.id(),
                match.path(),
                values,
                contract().body(match, header(headers, "Content-Type"), body),
                key,
                by);
    }

    /**
     * Lets through who may read, where there is more to be read than the API.
     *
     * @param headers all of them
     * @throws ProblemException if the caller may not
     */
    public void requireReader(Map<String, Object> headers) {
        access.requireOurs(
                header(headers, "Host"),
                header(headers, "Origin"),
                header(headers, "Sec-Fetch-Site"),
                isSecure(headers));
        access.caller(false, header(headers, "Authorization"), remote(headers));
    }

    private static String header(Map<String, Object> headers, String name) {
        for (Map.Entry<String, Object> header : headers.entrySet()) {
            if (header.getKey().equalsIgnoreCase(name) && header.getValue() != null) {
                if (header.getValue() instanceof List<?> several && several.size() > 1) {
                    throw ProblemException.of(400, name + ": found twice; allowed: once");
                }
                return header.getValue().toString();
            }
        }
        return null;
    }

    /** Behind a certificate nobody gets who is sent here by a name that is not on it. */
    private static boolean isSecure(Map<String, Object> headers) {
        String url = header(headers, URL);
        return url != null && url.startsWith("https:");
    }

    /**
     * Returns the caller's address, as the server that took the call tells it: what a caller sends
     * under a name of Camel's never gets here.
     */
    private static String remote(Map<String, Object> headers) {
        String address = header(headers, REMOTE);
        return address == null ? null : address.replaceFirst(":[0-9]+$", "");
    }

    /** Returns the document itself, which {@code GET /openapi.json} answers. */
    public Reply document() {
        return Reply.of(200, contract().document());
    }

    /** Returns what is answered where a call does not even get here. */
    public static Reply refusal(int status, String detail) {
        return new Reply(
                status,
                Problem.CONTENT_TYPE,
                Json.text(Problem.of(status, detail, null)),
                Map.of());
    }

    /**
     * Returns why a body of another type is refused.
     *
     * @param contentType header; null: there is none
     */
    public static String noJson(String contentType) {
        String type = contentType == null ? "" : contentType.replaceFirst(";.*", "").strip();
        return "Content-Type: found %s; allowed: %s"
                .formatted(type.isEmpty() ? "none" : "'" + Excerpt.of(type) + "'", Reply.JSON);
    }

    /** What goes wrong with a server comes by the network, and has no file. */
    private static boolean isOfOurDisk(Throwable cause) {
        return cause instanceof JournalException
                || cause instanceof MarkerException
                || cause instanceof UncheckedIOException
                || cause instanceof FileSystemException;
    }

    /** Returns what is answered where something went wrong. */
    public Reply problem(Exception why) {
        // What goes wrong in a bean comes with what called it around it.
        for (Throwable cause = why; cause != null; cause = cause.getCause()) {
            if (cause instanceof ProblemException told) {
                return new Reply(
                        told.problem().status(),
                        Problem.CONTENT_TYPE,
                        Json.text(told.problem()),
                        told.headers());
            }
            if (cause instanceof RefusedException) {
                return refusal(409, cause.getMessage());
            }
            if (isOfOurDisk(cause)) {
                LOG.error("A call of the API cannot be answered: {}", Causes.words(cause));
                return refusal(500, FILE_OF_OURS);
            }
            if (cause instanceof ApiException || cause instanceof IOException) {
                return refusal(
                        502,
                        "the server does not do or answer as it should: " + Causes.words(cause));
            }
        }
        LOG.error("A call of the API failed in a way that was not foreseen", why);
        return refusal(500, NOT_FORESEEN);
    }
}
