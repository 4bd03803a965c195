package io.github.clickhousebackupagent.internal.page;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The files of the page. Only those that are named here are served, by their whole name: no path
 * leads anywhere else. Thread-safe; keeps what was asked for, some 250 KB if it is all of it.
 */
public final class PageFiles {

    /** Where the files are asked for; {@code /} is the same as the index there. */
    static final String BASE = "/page/";

    static final String INDEX = "index.html";

    private static final String FOLDER = "/io/github/clickhousebackupagent/page/";
    private static final String SCRIPT = "text/javascript; charset=utf-8";
    private static final String STYLE = "text/css; charset=utf-8";

    /** Each file with its content type. */
    static final Map<String, String> FILES =
            Map.ofEntries(
                    Map.entry(INDEX, "text/html; charset=utf-8"),
                    Map.entry("style.css", STYLE),
                    Map.entry("icon.svg", "image/svg+xml"),
                    Map.entry("app.js", SCRIPT),
                    Map.entry("api.js", SCRIPT),
                    Map.entry("state.js", SCRIPT),
                    Map.entry("words.js", SCRIPT),
                    Map.entry("dom.js", SCRIPT),
                    Map.entry("ask.js", SCRIPT),
                    Map.entry("overview.js", SCRIPT),
                    Map.entry("target.js", SCRIPT),
                    Map.entry("run.js", SCRIPT),
                    Map.entry("plot.js", SCRIPT),
                    Map.entry("uPlot.esm.js", SCRIPT),
                    Map.entry("uPlot.min.css", STYLE),
                    Map.entry("uPlot.LICENSE", "text/plain; charset=utf-8"));

    private record Content(String text, String tag) {}

    private final Map<String, Content> contents = new ConcurrentHashMap<>();

    /**
     * What is answered.
     *
     * @param status 200; 304 where the caller has it; 404 where there is no such file
     * @param contentType null: nothing is sent
     * @param tag what the browser shows when it asks again; null: no file
     * @param body null: nothing is sent
     */
    public record Answer(int status, String contentType, String tag, String body) {}

    /**
     * Returns what is answered to who asks for a path.
     *
     * @param path as it was sent; of some servers it comes with the query
     * @param known the tag that the caller has, as it was sent; null: none
     */
    public Answer answer(String path, String known) {
        String name = name(path.replaceFirst("[?].*", ""));
        if (!FILES.containsKey(name)) {
            return new Answer(
                    404, "text/plain; charset=utf-8", null, "There is nothing at " + path + "\n");
        }
        Content content = contents.computeIfAbsent(name, PageFiles::read);
        return isSame(content.tag(), known)
                ? new Answer(304, null, content.tag(), null)
                : new Answer(200, FILES.get(name), content.tag(), content.text());
    }

    /** A proxy may have made it a weak one, and Camel takes the quotes away. */
    private static boolean isSame(String tag, String known) {
        return known != null && bare(known).equals(bare(tag));
    }

    private static String bare(String tag) {
        return tag.replaceFirst("^W/", "").replace("\"", "");
    }

    private static String name(String path) {
        return path.startsWith(BASE) ? path.substring(BASE.length()) : path;
    }

    private static Content read(String name) {
        try (InputStream in = PageFiles.class.getResourceAsStream(FOLDER + name)) {
            if (in == null) {
                throw new IllegalStateException(FOLDER + name + " is not in the jar");
            }
            byte[] bytes = in.readAllBytes();
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
            return new Content(
                    new String(bytes, StandardCharsets.UTF_8),
                    '"' + HexFormat.of().formatHex(hash, 0, 12) + '"');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
