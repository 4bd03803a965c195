package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.internal.marker.Markers;
import io.github.clickhousebackupagent.internal.order.Place;
import io.github.clickhousebackupagent.internal.order.RestoreOrder;
import io.github.clickhousebackupagent.internal.order.RestoreOrder.Content;
import io.github.clickhousebackupagent.internal.order.RestoreOrder.Existing;
import io.github.clickhousebackupagent.internal.restore.RestorePlan;
import io.github.clickhousebackupagent.internal.restore.RestorePlanner;
import io.github.clickhousebackupagent.internal.route.Agent;
import io.github.clickhousebackupagent.internal.run.RefusedException;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunRequest;
import io.github.clickhousebackupagent.internal.run.RunResult;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Brings data of a backup back, after it has shown what that would destroy. */
@Command(
        name = "restore",
        description = {
            "Brings data of a backup back.",
            "Shows what that would do, and asks before anything is lost."
        })
final class RestoreCommand implements Callable<Integer> {

    /** What says the parts of an order here. */
    private static final Map<String, String> OPTIONS =
            Map.of("tables", "--table", "databases", "--map-database", "names", "--map-table");

    private static final String LAST = "last";

    @Mixin private ConfigOption configuration;

    @Mixin private RoutesOption routes;

    @Mixin private TargetOption target;

    @Parameters(
            paramLabel = "BACKUP",
            description = "Name of the backup; last: what the marker names.")
    private String backup;

    @Option(
            names = {"-t", "--table"},
            paramLabel = "DB.TABLE",
            description = "A table; may have * and ?. May be repeated.")
    private List<String> tables = new ArrayList<>();

    @Option(
            names = {"-d", "--database"},
            paramLabel = "DB",
            description = "A database with all its tables. May be repeated.")
    private List<String> databases = new ArrayList<>();

    @ArgGroup private OnlyPart part;

    /** Either, or neither for both. */
    static final class OnlyPart {
        @Option(names = "--schema", description = "Definitions of tables only, without data.")
        private boolean schema;

        @Option(names = "--data", description = "Data only, into tables that are there.")
        private boolean data;
    }

    @Option(
            names = "--map-database",
            paramLabel = "FROM=TO",
            description = "Restores a database under another name, beside it.")
    private Map<String, String> mapDatabase = new LinkedHashMap<>();

    @Option(
            names = "--map-table",
            paramLabel = "DB.TABLE=DB.TABLE",
            description = "Restores a table under another name (servers from 2.7).")
    private Map<String, String> mapTable = new LinkedHashMap<>();

    @Option(
            names = "--from",
            paramLabel = "PLACE",
            description = "local, or remote (default: local, if it is there).")
    private Place from;

    @ArgGroup private WhatIsThere whatIsThere;

    /** What becomes of what is there. */
    static final class WhatIsThere {
        @Option(
                names = "--replace",
                description = "Drops tables that have rows, and restores them.")
        private boolean replace;

        @Option(
                names = "--append",
                description = "With --data: adds to rows, which may then double.")
        private boolean append;
    }

    @Mixin private AskOption ask;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        AgentConfig config = configuration.load();
        String at = target.in(config);
        RestoreOrder wish = order(name(config, at), List.of());
        Console console = Console.of(spec);
        Clock clock = Clock.systemUTC();
        try (Agent agent = routes.foreground(config, clock, List.of()).start()) {
            RestorePlan plan;
            try {
                plan = agent.plan(at, wish);
            } catch (RefusedException e) {
                console.message("[ERROR] " + e.getMessage());
                return ExitCode.REFUSED;
            }
            if (ask.json() && ask.dryRun()) {
                console.json(plan);
            } else {
                show(ask.json() ? console.onlyMessages() : console, at, wish, plan);
            }
            if (plan.refused()) {
                plan.refusals().forEach(why -> console.message("[ERROR] refused: " + why));
                return ExitCode.REFUSED;
            }
            if (ask.dryRun()) {
                return ExitCode.DONE;
            }
            List<String> agreed = plan.toBeAgreed();
            if (!agreed.isEmpty() && !ask.agreed(console, loss(plan), "yes")) {
                return ExitCode.FAILED;
            }
            RunResult result =
                    new Ordered(config, agent, console)
                            .carryOut(
                                    RunRequest.byOrder(
                                            at,
                                            RunKind.RESTORE,
                                            order(wish.backup(), agreed),
                                            clock.instant()));
            Ordered.print(console, result, ask.json());
            return ExitCode.of(List.of(result));
        }
    }

    private String name(AgentConfig config, String at) {
        if (!backup.equals(LAST)) {
            Arguments.requireName(backup);
            return backup;
        }
        return new Markers(config)
                .read(at)
                .orElseThrow(
                        () ->
                                new UsageException(
                                        "found last, and %s has no marker; allowed: the name of a backup, see list"
                                                .formatted(at)));
    }

    private RestoreOrder order(String name, List<String> agreed) {
        Content content = part == null ? Content.ALL : part.schema ? Content.SCHEMA : Content.DATA;
        Existing existing =
                whatIsThere == null
                        ? Existing.REFUSE
                        : whatIsThere.replace ? Existing.REPLACE : Existing.APPEND;
        if (existing == Existing.APPEND && content != Content.DATA) {
            throw new UsageException(
                    "found --append without --data; allowed: both, as definitions cannot be added to");
        }
        if (existing == Existing.REPLACE && content == Content.DATA) {
            throw new UsageException(
                    "found --replace beside --data; allowed: one of them, as a table that is replaced is made anew");
        }
        List<String> patterns = new ArrayList<>(tables);
        databases.forEach(database -> patterns.add(database + ".*"));
        if (patterns.isEmpty()) {
            // All else would be restored over the original.
            mapDatabase.keySet().forEach(database -> patterns.add(database + ".*"));
            patterns.addAll(mapTable.keySet());
        }
        RestoreOrder order =
                new RestoreOrder(
                        name, from, patterns, content, mapDatabase, mapTable, existing, agreed);
        order.fault()
                .ifPresent(
                        fault -> {
                            throw new UsageException(
                                    fault.toldAs(
                                            OPTIONS.getOrDefault(fault.field(), fault.field())));
                        });
        return order;
    }

    private static String loss(RestorePlan plan) {
        List<RestorePlan.Effect> effects =
                plan.tables().stream().filter(RestorePlan.Effect::needsAgreement).toList();
        boolean added = effects.stream().allMatch(e -> e.what() == RestorePlan.What.ADDED_TO);
        long rows = effects.stream().filter(e -> e.rows() != null).mapToLong(e -> e.rows()).sum();
        long unknown = effects.stream().filter(e -> e.rows() == null).count();
        String many =
                effects.size() == unknown
                        ? "what is in %d table(s), of which the rows are not known"
                                .formatted(unknown)
                        : String.format(
                                Locale.ROOT,
                                "%,d rows of %d table(s)%s",
                                rows,
                                effects.size() - unknown,
                                unknown == 0
                                        ? ""
                                        : " and what is in %d more, of which the rows are not known"
                                                .formatted(unknown));
        return added
                ? "Data is added to %s.".formatted(many)
                : "%s will be gone for ever."
                        .formatted(
                                many.substring(0, 1).toUpperCase(Locale.ROOT) + many.substring(1));
    }

    private static void show(Console console, String target, RestoreOrder order, RestorePlan plan) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("TABLE", "FROM", "HOLDS NOW", "WOULD BE"));
        for (RestorePlan.Effect effect : plan.tables()) {
            rows.add(
                    List.of(
                            effect.table(),
                            effect.of(),
                            RestorePlanner.holds(effect),
                            what(effect)));
        }
        if (!plan.tables().isEmpty()) {
            console.table(rows);
        }
        console.line("%s: restore of %s.".formatted(target, order.backup()));
        if (!plan.contentKnown() && !plan.refused()) {
            console.line(
                    "Not known: which tables the backup has. This server does not tell; each table"
                            + " that is there and may be in it is listed.");
        }
        if (!plan.rowsKnown() && !plan.refused()) {
            console.line(
                    "Not known: how many rows tables have. The target has no clickhouse-url;"
                            + " sizes are those of the server.");
        }
    }

    private static String what(RestorePlan.Effect effect) {
        return switch (effect.what()) {
            case MADE -> "made";
            case MADE_ANEW -> "dropped and made anew";
            case REPLACED -> "DROPPED and made anew";
            case EMPTIED ->
                    effect.engine().endsWith("MergeTree")
                            ? "DROPPED and made anew, empty"
                            : "DROPPED and made anew, empty: no backup holds data of a "
                                    + effect.engine();
            case FILLED -> "filled";
            case ADDED_TO -> "ADDED TO";
            case MISSING -> "missing";
        };
    }
}
