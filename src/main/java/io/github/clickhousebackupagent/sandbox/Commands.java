package io.github.clickhousebackupagent.sandbox;

import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads operations out of calls and of text commands, and writes their rows' text: each version has
 * its own parameters, in its own order.
 */
final class Commands {
    private static final Pattern UNCLEAN = Pattern.compile("[\\t\\r\\n ]+|\\.{2,}|[\\\\/]+");
    private static final DateTimeFormatter NAME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH-mm-ss", Locale.ROOT);
    private static final List<String> WITH_VALUE =
            List.of(
                    "--tables",
                    "--table",
                    "-t",
                    "--diff-from",
                    "--diff-from-remote",
                    "--partitions",
                    "--restore-database-mapping",
                    "-m",
                    "--restore-table-mapping");

    private final Settings settings;

    Commands(Settings settings) {
        this.settings = settings;
    }

    /** A name without what the server takes out of it: {@code ../../etc} becomes {@code etc}. */
    static String clean(String name) {
        return UNCLEAN.matcher(name).replaceAll("");
    }

    /** A call that the server refuses; the message is the error. */
    static final class Refused extends Exception {
        private final int status;

        Refused(int status, String message) {
            super(message);
            this.status = status;
        }

        int status() {
            return status;
        }
    }

    Work create(Query query) throws Refused {
        Text text = new Text("create", query);
        text.value("table", "--tables").partitions();
        if (settings.is24()) {
            text.truth("schema", "--schema").truth("rbac", "--rbac").truth("configs", "--configs");
            query.first("check_parts_columns")
                    .ifPresent(v -> text.add("--check-parts-columns=" + isTrue(v)));
        } else {
            createFlags(text).flag("resume", "--resume");
        }
        return text.work(nameOf(query, text));
    }

    Work createRemote(Query query) throws Refused {
        Text text = new Text("create_remote", query);
        text.value("table", "--tables")
                .value("diff-from", "--diff-from")
                .value("diff-from-remote", "--diff-from-remote")
                .partitions();
        createFlags(text).flag("delete-source", "--delete-source").flag("resume", "--resume");
        return text.work(nameOf(query, text));
    }

    Work upload(String name, Query query) throws Refused {
        Text text = new Text("upload", query);
        if (!settings.is24()) {
            text.flag("delete-source", "--deleteSource");
        }
        text.value("diff-from", "--diff-from")
                .value("diff-from-remote", "--diff-from-remote")
                .value("table", "--tables")
                .partitions()
                .flag("schema", "--schema");
        if (settings.is24()) {
            text.flag("resumable", "--resumable");
        } else {
            text.flag("rbac-only", "--rbac-only")
                    .flag("configs-only", "--configs-only")
                    .flag("named-collections-only", "--named-collections-only")
                    .list("skip-projections", "--skip-projections");
            if (query.has("resume") || query.has("resumable")) {
                text.add("--resume");
            }
        }
        return text.named(clean(name));
    }

    Work download(String name, Query query) throws Refused {
        Text text = new Text("download", query);
        text.value("table", "--tables").partitions().flag("schema", "--schema");
        if (!settings.is24()) {
            text.flag("rbac-only", "--rbac-only")
                    .flag("configs-only", "--configs-only")
                    .flag("named-collections-only", "--named-collections-only");
        }
        text.flag("resumable", "--resumable");
        if (!settings.is24()) {
            text.flag("resume", "--resume")
                    .flag("hardlink_exists_files", "--hardlink-exists-files");
        }
        return text.named(name.replace("/", ""));
    }

    Work restore(String operation, String name, Query query) throws Refused {
        Text text = new Text(operation, query);
        text.value("table", "--tables");
        text.databases = text.mapping("restore_database_mapping", "--restore-database-mapping");
        if (!settings.is24()) {
            text.renamed = text.mapping("restore_table_mapping", "--restore-table-mapping");
        }
        text.partitions()
                .flag("schema", "--schema")
                .flag("data", "--data")
                .flag("drop", "--drop")
                .flag("rm", "--rm")
                .flag("ignore_dependencies", "--ignore-dependencies")
                .flag("rbac", "--rbac");
        if (settings.is24()) {
            text.flag("configs", "--configs");
        } else {
            text.flag("rbac-only", "--rbac-only")
                    .flag("configs", "--configs")
                    .flag("configs-only", "--configs-only")
                    .flag("named-collections", "--named-collections")
                    .flag("named-collections-only", "--named-collections-only")
                    .list("skip-projections", "--skip-projections")
                    .flag("resumable", "--resumable")
                    .flag("resume", "--resume");
        }
        return text.named(clean(name));
    }

    /** The work of a command of {@code POST /backup/actions}, whose text is the row as it is. */
    Work parse(String command) {
        List<String> words = split(command);
        Map<String, String> values = new LinkedHashMap<>();
        List<String> flags = new ArrayList<>();
        String name = "";
        for (int i = 1; i < words.size(); i++) {
            String word = words.get(i);
            int equals = word.indexOf('=');
            if (!word.startsWith("-")) {
                name = clean(word);
            } else if (equals > 0) {
                values.put(word.substring(0, equals), word.substring(equals + 1));
                flags.add(word.substring(0, equals));
            } else if (WITH_VALUE.contains(word) && i + 1 < words.size()) {
                values.put(word, words.get(++i));
            } else {
                flags.add(word);
            }
        }
        String operation = words.get(0);
        if (name.isEmpty() && operation.startsWith("create")) {
            name = newName();
        }
        String tables =
                values.getOrDefault(
                        "--tables", values.getOrDefault("--table", values.getOrDefault("-t", "")));
        String databases =
                values.getOrDefault("--restore-database-mapping", values.getOrDefault("-m", ""));
        String renamed = settings.is24() ? "" : values.getOrDefault("--restore-table-mapping", "");
        return new Work(
                operation,
                name,
                command,
                tables,
                values.getOrDefault("--diff-from", ""),
                values.getOrDefault("--diff-from-remote", ""),
                mapping(List.of(databases.split(","))),
                mapping(List.of(renamed.split(","))),
                flags.contains("--schema") || flags.contains("-s"),
                flags.contains("--data") || flags.contains("-d"),
                flags.contains("--rm") || flags.contains("--drop"),
                flags.contains("--delete-source"),
                List.of());
    }

    /** A command as a shell splits it. */
    static List<String> split(String command) {
        List<String> words = new ArrayList<>();
        StringBuilder word = null;
        char quote = 0;
        for (char c : command.toCharArray()) {
            if (quote != 0) {
                if (c == quote) {
                    quote = 0;
                } else {
                    word.append(c);
                }
            } else if (c == '"' || c == '\'') {
                quote = c;
                word = word == null ? new StringBuilder() : word;
            } else if (Character.isWhitespace(c)) {
                if (word != null) {
                    words.add(word.toString());
                    word = null;
                }
            } else {
                word = word == null ? new StringBuilder() : word;
                word.append(c);
            }
        }
        if (word != null) {
            words.add(word.toString());
        }
        return words;
    }

    private String nameOf(Query query, Text text) {
        Optional<String> name = query.first("name").map(Commands::clean);
        name.ifPresent(text::add);
        return name.orElseGet(this::newName);
    }

    private String newName() {
        ZonedDateTime now = ZonedDateTime.now(settings.clock());
        // 2.4 names in UTC, newer ones in local time.
        return NAME.format(settings.is24() ? now.withZoneSameInstant(ZoneOffset.UTC) : now);
    }

    private static Text createFlags(Text text) {
        return text.flag("schema", "--schema")
                .flag("rbac", "--rbac")
                .flag("rbac-only", "--rbac-only")
                .flag("configs", "--configs")
                .flag("configs-only", "--configs-only")
                .flag("named-collections", "--named-collections")
                .flag("named-collections-only", "--named-collections-only")
                .flag("skip-check-parts-columns", "--skip-check-parts-columns")
                .list("skip-projections", "--skip-projections");
    }

    private static Map<String, String> mapping(List<String> items) {
        Map<String, String> mapping = new LinkedHashMap<>();
        for (String item : items) {
            int colon = item.indexOf(':');
            if (colon > 0) {
                mapping.put(item.substring(0, colon), item.substring(colon + 1));
            }
        }
        return mapping;
    }

    private static boolean isTrue(String value) {
        return List.of("1", "t", "T", "true", "TRUE", "True").contains(value);
    }

    /** The text of a row in the making. */
    private final class Text {
        private final String operation;
        private final Query query;
        private final StringBuilder text;
        private Map<String, String> databases = Map.of();
        private Map<String, String> renamed = Map.of();

        Text(String operation, Query query) {
            this.operation = operation;
            this.query = query;
            this.text = new StringBuilder(operation);
        }

        Text add(String word) {
            text.append(' ').append(word);
            return this;
        }

        Text value(String parameter, String flag) {
            get(parameter).ifPresent(v -> add(flag + "=\"" + v + "\""));
            return this;
        }

        Text list(String parameter, String flag) {
            get(parameter).ifPresent(v -> add(flag + "=" + v));
            return this;
        }

        Text flag(String parameter, String flag) {
            get(parameter).ifPresent(v -> add(flag));
            return this;
        }

        /** Reads what the newer server takes in two spellings. */
        Map<String, String> mapping(String parameter, String flag) throws Refused {
            Map<String, String> mapping = new LinkedHashMap<>();
            for (String spelling :
                    settings.is24()
                            ? List.of(parameter)
                            : List.of(parameter.replace('_', '-'), parameter)) {
                if (!query.has(spelling)) {
                    continue;
                }
                List<String> items = new ArrayList<>();
                for (String value : query.all(spelling)) {
                    for (String item : value.split(",", -1)) {
                        if (!item.matches("[^:]*[\\w+]:[\\w+][^:]*")) {
                            throw new Refused(500, "invalid values in " + parameter + " " + item);
                        }
                        items.add(item);
                    }
                }
                mapping.putAll(Commands.mapping(items));
                add(flag + "=\"" + String.join(",", items) + "\"");
            }
            return mapping;
        }

        Text truth(String parameter, String flag) {
            get(parameter).filter(Commands::isTrue).ifPresent(v -> add(flag));
            return this;
        }

        Text partitions() {
            List<String> partitions = query.all("partitions");
            if (!partitions.isEmpty() && !settings.is24()) {
                partitions.forEach(p -> add("--partitions=\"" + p + "\""));
            } else if (!partitions.isEmpty()) {
                boolean joined = operation.equals("download") || operation.equals("restore");
                add(
                        "--partitions=\""
                                + (joined
                                        ? String.join(",", partitions)
                                        : "[" + String.join(" ", partitions) + "]")
                                + "\"");
            }
            return this;
        }

        Work named(String name) throws Refused {
            add(name);
            return work(clean(name));
        }

        Work work(String name) throws Refused {
            return new Work(
                    operation,
                    name,
                    text.toString(),
                    query.first("table").orElse(""),
                    get("diff-from").orElse(""),
                    get("diff-from-remote").orElse(""),
                    databases,
                    renamed,
                    settings.is24() && operation.equals("create")
                            ? query.first("schema").map(Commands::isTrue).orElse(false)
                            : query.has("schema"),
                    query.has("data"),
                    query.has("drop") || query.has("rm"),
                    get("delete-source").isPresent(),
                    callbacks());
        }

        private Optional<String> get(String parameter) {
            return settings.is24() ? query.first(parameter) : query.firstInAnySpelling(parameter);
        }

        /** The server decodes these a second time. */
        private List<String> callbacks() throws Refused {
            List<String> urls = new ArrayList<>();
            for (String url : query.all("callback")) {
                try {
                    urls.add(Query.unescape(url));
                } catch (Query.BadEscape e) {
                    throw new Refused(
                            400,
                            "could not decode url \""
                                    + url
                                    + "\": invalid URL escape \""
                                    + e.getMessage()
                                    + "\"");
                }
            }
            return urls;
        }
    }
}
