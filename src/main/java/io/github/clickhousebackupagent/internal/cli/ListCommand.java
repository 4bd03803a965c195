package io.github.clickhousebackupagent.internal.cli;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.inventory.Entry;
import io.github.clickhousebackupagent.internal.inventory.Inventory;
import io.github.clickhousebackupagent.internal.inventory.Known;
import io.github.clickhousebackupagent.internal.inventory.ServerTimes;
import io.github.clickhousebackupagent.internal.inventory.State;
import io.github.clickhousebackupagent.internal.inventory.Tree;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalException;
import io.github.clickhousebackupagent.internal.marker.MarkerException;
import io.github.clickhousebackupagent.internal.marker.Markers;
import io.github.clickhousebackupagent.internal.order.Place;
import io.github.clickhousebackupagent.internal.route.Agent;
import io.github.clickhousebackupagent.internal.run.RunHistory;
import io.github.clickhousebackupagent.internal.text.Ages;
import io.github.clickhousebackupagent.internal.text.Sizes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows which backups there are, and what each is worth. */
@Command(name = "list", description = "Shows the backups of each target, and what each is worth.")
final class ListCommand implements Callable<Integer> {

    /** Targets that are asked at a time. */
    private static final int SIDE_BY_SIDE = 8;

    private static final List<String> COLUMNS =
            List.of("NAME", "KIND", "WHERE", "AGE", "SIZE", "BASE", "CHAIN", "STATE");

    @Mixin private ConfigOption configuration;

    @Mixin private RoutesOption routes;

    @Mixin private TargetsArgument named;

    @Option(names = "--local", description = "Only those on the server's disk.")
    private boolean local;

    @Option(names = "--remote", description = "Only those on remote storage.")
    private boolean remote;

    @Option(names = "--tree", description = "Draws each FULL with what is based on it.")
    private boolean tree;

    @Option(names = "--json", description = "Prints the result as JSON.")
    private boolean json;

    @Spec private CommandSpec spec;

    private final Clock clock = Clock.systemUTC();

    /**
     * One backup.
     *
     * @param ageSeconds null: nobody knows
     * @param sizeBytes null: nobody knows
     * @param chain what a restore needs, the FULL first; empty: it cannot be restored
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Backup(
            String name,
            BackupKind kind,
            List<Place> where,
            @JsonFormat(shape = JsonFormat.Shape.STRING) Instant created,
            Long ageSeconds,
            Long sizeBytes,
            String base,
            List<String> chain,
            List<String> dependants,
            boolean proven,
            boolean restorable,
            State state,
            String reason,
            String note) {}

    /** What was found out about a target. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Found(
            String target,
            String error,
            String marker,
            List<String> warnings,
            List<Backup> backups,
            int exitCode) {}

    /** The same, before it is shown. */
    private record Asked(
            String target,
            Inventory inventory,
            String marker,
            List<String> warnings,
            TargetProblem problem) {}

    @Override
    public Integer call() {
        if (tree && (json || local && !remote)) {
            throw new UsageException(
                    "found --%s beside --tree; allowed: one of them"
                            .formatted(json ? "json" : "local"));
        }
        AgentConfig config = configuration.load();
        List<String> targets = named.in(config);
        List<Asked> all = ask(config, targets);
        Console console = Console.of(spec);
        Instant now = clock.instant();
        if (json) {
            console.json(all.stream().map(asked -> found(asked, now)).toList());
        } else if (tree) {
            all.forEach(asked -> tree(console, asked, all.size() > 1, now));
        } else {
            table(console, all, now);
        }
        for (Asked asked : all) {
            asked.warnings()
                    .forEach(w -> console.message("[WARNING] " + asked.target() + ": " + w));
            if (asked.problem() != null) {
                console.message("[ERROR] " + asked.target() + ": " + asked.problem().message());
            }
        }
        return all.stream()
                .filter(asked -> asked.problem() != null)
                .map(asked -> asked.problem().exitCode())
                .findFirst()
                .orElse(ExitCode.DONE);
    }

    /** One target that does not answer keeps nobody waiting for the others. */
    private List<Asked> ask(AgentConfig config, List<String> targets) {
        ExecutorService side = Executors.newFixedThreadPool(Math.min(SIDE_BY_SIDE, targets.size()));
        try (Agent agent = routes.quiet(config).start()) {
            List<CompletableFuture<Asked>> asked =
                    targets.stream()
                            .map(
                                    target ->
                                            CompletableFuture.supplyAsync(
                                                    () -> ask(agent, config, target), side))
                            .toList();
            return asked.stream().map(CompletableFuture::join).toList();
        } finally {
            side.shutdown();
        }
    }

    private static Asked ask(Agent agent, AgentConfig config, String target) {
        List<String> warnings = new ArrayList<>();
        Optional<String> marker = Optional.empty();
        Known known = Known.only(marker);
        // What is wrong with our own files must not hide what the server has.
        try {
            marker = new Markers(config).read(target);
            known = Known.only(marker);
        } catch (MarkerException e) {
            warnings.add(e.getMessage());
        }
        try {
            Journal journal = new Journal(config.stateDirectory(target).resolve(Journal.FILE_NAME));
            known = RunHistory.standing(journal, target).known(marker);
        } catch (JournalException e) {
            warnings.add(e.getMessage());
        }
        try {
            Agent.Answer answer = agent.list(target);
            Inventory inventory =
                    Inventory.of(
                            answer.local(),
                            answer.remote(),
                            known,
                            ServerTimes.of(answer.version(), config.zone()));
            warnings.addAll(inventory.warnings());
            return new Asked(target, inventory, marker.orElse(null), warnings, null);
        } catch (Exception e) {
            return new Asked(target, null, marker.orElse(null), warnings, TargetProblem.of(e));
        }
    }

    private boolean isShown(Entry entry) {
        return local == remote || entry.isIn(local ? Place.LOCAL : Place.REMOTE);
    }

    private Found found(Asked asked, Instant now) {
        if (asked.problem() != null) {
            return new Found(
                    asked.target(),
                    asked.problem().message(),
                    asked.marker(),
                    asked.warnings(),
                    null,
                    asked.problem().exitCode());
        }
        return new Found(
                asked.target(),
                null,
                asked.marker(),
                asked.warnings(),
                asked.inventory().entries().stream()
                        .filter(this::isShown)
                        .map(entry -> backup(entry, now))
                        .toList(),
                ExitCode.DONE);
    }

    private static Backup backup(Entry entry, Instant now) {
        Duration age = entry.age(now);
        return new Backup(
                entry.name(),
                entry.kind(),
                entry.places(),
                entry.created(),
                age == null ? null : age.toSeconds(),
                entry.size(),
                entry.base(),
                entry.chain(),
                entry.dependants(),
                entry.proven(),
                entry.restorable(),
                entry.state(),
                entry.reason(),
                entry.note());
    }

    private void table(Console console, List<Asked> all, Instant now) {
        boolean several = all.size() > 1;
        List<List<String>> rows = new ArrayList<>();
        rows.add(row(several, "TARGET", COLUMNS));
        for (Asked asked : all) {
            if (asked.inventory() != null) {
                asked.inventory().entries().stream()
                        .filter(this::isShown)
                        .forEach(e -> rows.add(row(several, asked.target(), cells(e, now))));
            }
        }
        console.table(rows);
    }

    private static List<String> row(boolean several, String first, List<String> rest) {
        List<String> row = new ArrayList<>();
        if (several) {
            row.add(first);
        }
        row.addAll(rest);
        return row;
    }

    private static List<String> cells(Entry entry, Instant now) {
        return List.of(
                entry.name(),
                entry.kind() == null ? "-" : entry.kind().name(),
                where(entry),
                Ages.format(entry.age(now)),
                Sizes.format(entry.size()),
                entry.base() == null ? "-" : entry.base(),
                entry.restorable() ? Integer.toString(entry.chain().size()) : "-",
                state(entry));
    }

    private static String where(Entry entry) {
        return entry.places().size() > 1 ? "both" : entry.places().get(0).word();
    }

    private static String state(Entry entry) {
        return entry.state().word()
                + (entry.reason() == null ? "" : ": " + entry.reason())
                + (entry.note() == null ? "" : " (" + entry.note() + ")");
    }

    private void tree(Console console, Asked asked, boolean several, Instant now) {
        if (asked.inventory() == null) {
            return; // Why is said below.
        }
        Tree.Trees trees = Tree.of(asked.inventory(), this::isShown);
        if (several) {
            console.line(asked.target());
        }
        print(console, trees.rooted(), now);
        if (!trees.orphans().isEmpty()) {
            console.line("Cannot be restored, as what they are based on is missing:");
            print(console, trees.orphans(), now);
        }
    }

    private static void print(Console console, List<Tree.Line> lines, Instant now) {
        List<List<String>> rows = new ArrayList<>();
        for (Tree.Line line : lines) {
            Entry entry = line.entry();
            String label = Console.branches(line.label(), Console.encoding());
            rows.add(
                    entry == null
                            ? List.of(label, "", "", "", "")
                            : List.of(
                                    label,
                                    where(entry),
                                    Ages.format(entry.age(now)),
                                    Sizes.format(entry.size()),
                                    state(entry)));
        }
        if (!rows.isEmpty()) {
            console.table(rows);
        }
    }
}
