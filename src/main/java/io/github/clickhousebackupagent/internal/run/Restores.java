package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.api.BackupItem;
import io.github.clickhousebackupagent.api.TableItem;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.internal.chain.Backups;
import io.github.clickhousebackupagent.internal.order.Place;
import io.github.clickhousebackupagent.internal.order.RestoreOrder;
import io.github.clickhousebackupagent.internal.order.RestoreOrder.Content;
import io.github.clickhousebackupagent.internal.restore.LiveTables;
import io.github.clickhousebackupagent.internal.restore.RestorePlan;
import io.github.clickhousebackupagent.internal.restore.RestorePlanner;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The steps of a restore. Each is a method that a route calls. Thread-safe. */
public final class Restores {

    private static final int NAMED = 5;

    private final AgentConfig config;
    private final News news;

    Restores(AgentConfig config, News news) {
        this.config = config;
        this.news = news;
    }

    /** Returns whether ClickHouse itself can be asked what a restore would destroy. */
    public boolean asksClickHouse(String target) {
        return config.targets().get(target).clickhouseUrl() != null;
    }

    /** Puts what the API and ClickHouse say of tables and of their parts together. */
    public List<TableItem> join(
            List<TableItem> told, List<TableItem> tables, List<TableItem> parts) {
        return LiveTables.join(told, tables, parts);
    }

    /** Returns where a backup would be restored from, as a part of a question for its tables. */
    public String question(RestoreOrder order, Fetch fetch) {
        return "%s_backup=%s"
                .formatted(fetch == Fetch.NO ? "local" : "remote", encoded(order.backup()));
    }

    /**
     * Returns how the backup gets onto the server's disk.
     *
     * @param local what is on the server's disk
     * @param remote what is on remote storage
     * @throws RefusedException if it is nowhere whole: of half a backup, some servers restore
     *     nothing but empty tables
     */
    public Fetch fetch(RestoreOrder order, List<BackupItem> local, List<BackupItem> remote) {
        String name = order.backup();
        Backups here = new Backups(local);
        Backups away = new Backups(remote);
        boolean shell = here.hasWhole(name) && isShell(here, away, name);
        if (shell && order.from() == Place.LOCAL) {
            throw new RefusedException(
                    List.of(
                            "the local copy of %s is far smaller than the remote one, and may hold definitions only; --from remote downloads it anew"
                                    .formatted(name)));
        }
        boolean whole = here.hasWhole(name) && !shell;
        if (whole && order.from() == Place.REMOTE) {
            // The remote one may be a shell, which only a download shows.
            throw new RefusedException(
                    List.of(
                            "%s is on the server's disk, whole, and would be in the way of a download; delete local %s first, if that is meant"
                                    .formatted(name, name)));
        }
        if (whole) {
            return Fetch.NO;
        }
        if (order.from() == Place.LOCAL || !away.isRestorable(name)) {
            throw new RefusedException(
                    List.of(
                            "%s is not in the %s list, whole with all that it needs"
                                    .formatted(
                                            name,
                                            order.from() == null
                                                    ? "local or the remote"
                                                    : order.from().word())));
        }
        // Some servers do not download over what is there, others keep what is wrong in it.
        return here.has(name) ? Fetch.ANEW : Fetch.DOWNLOAD;
    }

    /**
     * Returns whether a local copy lacks data: one that somebody downloaded with its definitions
     * only, or in part, is listed as whole. A remote backup may be smaller than the local one, as
     * it is compressed or an increment, but not much larger.
     */
    private static boolean isShell(Backups here, Backups away, String name) {
        long local = here.find(name).orElseThrow().size();
        return away.hasWhole(name) && local * 2 < away.find(name).orElseThrow().size();
    }

    /** Returns the run with how the backup gets onto the server's disk. */
    public Run choose(Run run, List<BackupItem> local, List<BackupItem> remote) {
        Fetch fetch = fetch(run.restore(), local, remote);
        return run.with(draft -> draft.fetch = fetch);
    }

    /**
     * Returns what a restore would do, or why it would not be done.
     *
     * @param inBackup tables of the backup, as the server answers
     * @param live tables that are there
     */
    public RestorePlan plan(
            String target, RestoreOrder order, List<TableItem> inBackup, List<TableItem> live) {
        return planner(target, inBackup, live).plan(order);
    }

    private RestorePlanner planner(String target, List<TableItem> inBackup, List<TableItem> live) {
        // Where the question is not known, the answer is of what is there, or says nothing.
        boolean told = !inBackup.isEmpty() && inBackup.stream().allMatch(TableItem::ofBackup);
        return new RestorePlanner(
                told ? Optional.of(inBackup) : Optional.empty(), live, asksClickHouse(target));
    }

    /**
     * Makes sure that a restore destroys no more than was agreed to: the world may have changed
     * since the plan was shown.
     *
     * @throws RefusedException if it would
     */
    public void guard(Run run, List<TableItem> inBackup, List<TableItem> live) {
        RestorePlan plan = planner(run.target(), inBackup, live).planAsAgreed(run.restore());
        if (plan.refused()) {
            throw new RefusedException(plan.refusals());
        }
    }

    /**
     * Returns the query of the call. Never {@code rm}: with {@code schema} it drops the whole
     * database, and tables are dropped without it.
     */
    public String query(Run run) {
        RestoreOrder order = run.restore();
        List<String> parts = new ArrayList<>();
        if (!order.tables().isEmpty()) {
            parts.add("table=" + encoded(String.join(",", order.tables())));
        }
        mapping("restore_database_mapping", order.databases()).ifPresent(parts::add);
        mapping("restore_table_mapping", order.names()).ifPresent(parts::add);
        if (order.content() != Content.ALL) {
            parts.add(order.content().word() + "=true");
        }
        return String.join("&", parts);
    }

    private static Optional<String> mapping(String parameter, Map<String, String> names) {
        return names.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        parameter
                                + "="
                                + names.entrySet().stream()
                                        .map(name -> name.getKey() + ":" + name.getValue())
                                        .map(Restores::encoded)
                                        .collect(Collectors.joining(",")));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /**
     * Takes in what is there after the restore.
     *
     * @param inBackup tables of the backup, as the server answers
     * @param live tables that are there
     */
    public Run restored(Run run, List<TableItem> inBackup, List<TableItem> live) {
        Set<String> touched =
                plan(run.target(), run.restore(), inBackup, live).tables().stream()
                        .map(RestorePlan.Effect::table)
                        .collect(Collectors.toSet());
        List<String> tables =
                live.stream()
                        .filter(table -> touched.contains(table.id()))
                        .map(Restores::content)
                        .toList();
        int more = tables.size() - NAMED;
        String shown =
                String.join("; ", tables.subList(0, Math.min(NAMED, tables.size())))
                        + (more > 0 ? "; and %d more tables".formatted(more) : "");
        return run.with(draft -> draft.summary = shown.isEmpty() ? "no table is there" : shown);
    }

    /** Takes in that what is there after the restore could not be asked for. */
    public Run notLookedAt(Run run, Exception reason) {
        String why = Causes.telling(reason).getMessage();
        news.tell(listener -> listener.warned(run, "what is there now is not known: " + why));
        return run.with(draft -> draft.summary = "what is there now could not be looked at");
    }

    private static String content(TableItem table) {
        RestorePlan.Effect effect =
                new RestorePlan.Effect(
                        table.id(),
                        null,
                        RestorePlan.What.FILLED,
                        table.engine(),
                        table.rows(),
                        table.bytes());
        return "%s (%s)".formatted(table.id(), RestorePlanner.holds(effect));
    }
}
