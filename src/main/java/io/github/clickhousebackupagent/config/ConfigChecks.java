package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.clickhousebackupagent.internal.schedule.CronException;
import io.github.clickhousebackupagent.internal.schedule.CronSchedule;
import io.github.clickhousebackupagent.internal.text.NearestName;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** What must hold in a configuration and a schema cannot say. */
final class ConfigChecks {

    /** Names become parts of file names, of addresses of queues, and of labels. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

    private static final String NAME_ALLOWED =
            "letters, digits, '.', '_' and '-', beginning with a letter or digit";

    /** What is left of a backup's name by every server: it drops all other characters. */
    private static final Pattern PREFIX =
            Pattern.compile("(?!.*\\.\\.)[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    private final JsonNode root;
    private final ConfigTree tree;
    private final Clock clock;

    ConfigChecks(JsonNode root, ConfigTree tree, Clock clock) {
        this.root = root;
        this.tree = tree;
        this.clock = clock;
    }

    void run() {
        targets();
        groups();
        Optional<ZoneId> zone = zone(root, "");
        schedules(zone.orElse(clock.getZone()));
        prefixes();
        callback();
        traces();
    }

    static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    private void targets() {
        for (Map.Entry<String, JsonNode> target : root.path("targets").properties()) {
            String path = "/targets/" + target.getKey();
            name(target.getKey(), path);
            url(target.getValue().path("url").asText(), path + "/url");
            for (String prefix : List.of("", "clickhouse-")) {
                if (target.getValue().has(prefix + "password")
                        && !target.getValue().has(prefix + "username")) {
                    tree.problem(
                            path,
                            "a %spassword without a %susername".formatted(prefix, prefix),
                            "both, or none");
                }
            }
            clickHouse(target.getValue(), path);
        }
    }

    private void clickHouse(JsonNode target, String path) {
        if (target.has("clickhouse-url")) {
            url(target.path("clickhouse-url").asText(), path + "/clickhouse-url");
        } else if (target.has("clickhouse-username")) {
            tree.problem(path, "a clickhouse-username without a clickhouse-url", "both, or none");
        }
    }

    private void groups() {
        for (Map.Entry<String, JsonNode> group : root.path("groups").properties()) {
            String path = "/groups/" + group.getKey();
            name(group.getKey(), path);
            if (root.path("targets").has(group.getKey())) {
                tree.problem(path, "the name of a target", "a name that no target has");
            }
            members(group.getValue(), path, names("targets"));
        }
    }

    private void schedules(ZoneId agentZone) {
        List<String> allowed = names("targets");
        allowed.addAll(names("groups"));
        for (Map.Entry<String, JsonNode> schedule : root.path("schedules").properties()) {
            String path = "/schedules/" + schedule.getKey();
            name(schedule.getKey(), path);
            members(schedule.getValue().path("targets"), path + "/targets", allowed);
            ZoneId zone = zone(schedule.getValue(), path).orElse(agentZone);
            try {
                CronSchedule.parse(schedule.getValue().path("cron").asText(), zone)
                        .requireNext(clock.instant());
            } catch (CronException e) {
                tree.problem(path + "/cron", e.found(), e.allowed());
            }
        }
    }

    private void members(JsonNode list, String path, List<String> allowed) {
        for (int i = 0; i < list.size(); i++) {
            String name = list.get(i).asText();
            if (!allowed.contains(name)) {
                tree.problem(
                        path + "/" + i,
                        "the unknown target '" + name + "'",
                        NearestName.allowed(name, allowed));
            }
        }
    }

    private void name(String name, String path) {
        if (!isName(name)) {
            tree.problem(path, "the name '" + name + "'", NAME_ALLOWED);
        }
    }

    private Optional<ZoneId> zone(JsonNode node, String path) {
        if (!node.has("zone")) {
            return Optional.empty();
        }
        try {
            return Optional.of(ZoneId.of(node.get("zone").asText()));
        } catch (DateTimeException e) {
            tree.problem(
                    path + "/zone",
                    "the unknown zone '" + node.get("zone").asText() + "'",
                    NearestName.of(node.get("zone").asText(), ZoneId.getAvailableZoneIds())
                            .map(near -> "a zone such as " + near)
                            .orElse("a zone such as Europe/Berlin or UTC"));
            return Optional.empty();
        }
    }

    private void prefixes() {
        JsonNode backup = root.path("backup");
        String full = backup.path("full-prefix").asText(BackupConfig.defaults().fullPrefix());
        String diff = backup.path("diff-prefix").asText(BackupConfig.defaults().diffPrefix());
        for (String key : List.of("full-prefix", "diff-prefix")) {
            if (backup.has(key) && !PREFIX.matcher(backup.get(key).asText()).matches()) {
                tree.problem(
                        "/backup/" + key,
                        "'" + backup.get(key).asText() + "'",
                        "at most 64 " + NAME_ALLOWED + "; a server drops all else from a name");
            }
        }
        if (full.startsWith(diff) || diff.startsWith(full)) {
            tree.problem(
                    backup.has("diff-prefix") ? "/backup/diff-prefix" : "/backup/full-prefix",
                    "'" + diff + "' beside '" + full + "'",
                    "two prefixes of which neither begins with the other");
        }
    }

    private void callback() {
        String given = root.path("http").path("callback-url").asText(HttpConfig.AUTO);
        if (!given.equals(HttpConfig.AUTO) && !given.equals(HttpConfig.OFF)) {
            boolean good = url(given, "/http/callback-url");
            // The server decodes the address twice before it calls it.
            if (good && (given.contains("%") || given.contains("+"))) {
                tree.problem("/http/callback-url", "'" + given + "'", "a URL without '%' and '+'");
            }
        }
    }

    private void traces() {
        JsonNode traces = root.path("traces");
        if (traces.has("endpoint")) {
            String endpoint = traces.get("endpoint").asText();
            if (url(endpoint, "/traces/endpoint") && endpoint.matches(".*/v1/traces/*")) {
                tree.problem(
                        "/traces/endpoint",
                        "'" + endpoint + "'",
                        "the address without /v1/traces, which is added");
            }
        }
        for (String key : List.of(SecretFiles.HEADERS, "resource-attributes")) {
            try {
                KeyValues.parse(traces.path(key).asText(null));
            } catch (IllegalArgumentException e) {
                // Never the text itself: headers are secret.
                String file = key + "-file";
                tree.problem(
                        "/traces/" + (traces.has(file) ? file : key),
                        "a list of which " + e.getMessage(),
                        "KEY=VALUE,KEY=VALUE");
            }
        }
    }

    /**
     * Checks an address. One with an @ is never repeated in the message, whatever else is wrong
     * with it: it may hold a password.
     */
    private boolean url(String text, String path) {
        String allowed = "http://HOST:PORT or https://HOST:PORT";
        if (text.contains("@")) {
            tree.problem(
                    path,
                    "a user or password in the URL",
                    allowed + "; user and password have keys of their own");
            return false;
        }
        Optional<String> wrong = wrongWithUrl(text);
        wrong.ifPresent(what -> tree.problem(path, "'" + text + "', which " + what, allowed));
        return wrong.isEmpty();
    }

    private static Optional<String> wrongWithUrl(String text) {
        try {
            URI uri = new URI(text);
            Predicate<String> web = s -> s.equals("http") || s.equals("https");
            if (Optional.ofNullable(uri.getScheme()).filter(web).isEmpty()) {
                return Optional.of("does not begin with http:// or https://");
            }
            if (uri.getHost() == null) {
                String host = Optional.ofNullable(uri.getAuthority()).orElse("");
                return Optional.of(
                        host.contains("_")
                                ? "has a '_' in its host, as no URL may; give another name or the address"
                                : "has no host");
            }
            if (uri.getPort() == 0 || uri.getPort() > 65_535) {
                return Optional.of("has no port from 1 to 65535");
            }
            return uri.getQuery() == null && uri.getFragment() == null
                    ? Optional.empty()
                    : Optional.of("has a query");
        } catch (URISyntaxException e) {
            return Optional.of("is no URL");
        }
    }

    private List<String> names(String key) {
        List<String> names = new ArrayList<>();
        root.path(key).fieldNames().forEachRemaining(names::add);
        return names;
    }
}
