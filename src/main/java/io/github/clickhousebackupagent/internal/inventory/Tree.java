package io.github.clickhousebackupagent.internal.inventory;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** The chains of backups as trees: each FULL, and below it what is based on it. Stateless. */
public final class Tree {

    private Tree() {}

    /**
     * A line of a tree.
     *
     * @param label what the line begins with: its branches, and the name
     * @param entry the backup; null for a base that is missing
     */
    public record Line(String label, Entry entry) {}

    /**
     * The trees of an inventory.
     *
     * @param rooted those that begin with a backup that needs no other
     * @param orphans those whose beginning is missing, or which have none, as each is based on
     *     another
     */
    public record Trees(List<Line> rooted, List<Line> orphans) {}

    /**
     * Draws the trees of some backups.
     *
     * @param shown which of them
     */
    public static Trees of(Inventory inventory, Predicate<Entry> shown) {
        List<Entry> entries = inventory.entries().stream().filter(shown).toList();
        Set<String> names = new HashSet<>();
        entries.forEach(entry -> names.add(entry.name()));
        Map<String, List<Entry>> below = new LinkedHashMap<>();
        for (Entry entry : entries) {
            if (entry.base() != null) {
                below.computeIfAbsent(entry.base(), base -> new ArrayList<>()).add(entry);
            }
        }
        Set<String> drawn = new HashSet<>();
        List<Line> rooted = new ArrayList<>();
        for (Entry entry : entries) {
            if (entry.base() == null) {
                draw(entry, "", "", below, drawn, rooted);
            }
        }
        List<Line> orphans = new ArrayList<>();
        for (Map.Entry<String, List<Entry>> base : below.entrySet()) {
            if (!names.contains(base.getKey())) {
                orphans.add(new Line(base.getKey() + " (missing)", null));
                children(base.getValue(), "", below, drawn, orphans);
            }
        }
        for (Entry entry : entries) {
            if (!drawn.contains(entry.name())) {
                draw(entry, "", "", below, drawn, orphans); // In a circle.
            }
        }
        return new Trees(rooted, orphans);
    }

    private static void draw(
            Entry entry,
            String first,
            String rest,
            Map<String, List<Entry>> below,
            Set<String> drawn,
            List<Line> lines) {
        if (!drawn.add(entry.name())) {
            return;
        }
        lines.add(new Line(first + entry.name(), entry));
        children(below.getOrDefault(entry.name(), List.of()), rest, below, drawn, lines);
    }

    private static void children(
            List<Entry> children,
            String indent,
            Map<String, List<Entry>> below,
            Set<String> drawn,
            List<Line> lines) {
        for (int i = 0; i < children.size(); i++) {
            boolean last = i == children.size() - 1;
            draw(
                    children.get(i),
                    indent + (last ? "└─ " : "├─ "),
                    indent + (last ? "   " : "│  "),
                    below,
                    drawn,
                    lines);
        }
    }
}
