package io.github.clickhousebackupagent.internal.diagram;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A step of a route, with those that are within it.
 *
 * @param kind how it is followed by others
 * @param name the id that the route gives it; null: none
 * @param description what the route says of it; null: nothing
 * @param text what it does, in short and made from its parts, where nothing is said of it
 * @param uris where it sends to; empty where it does not
 * @param branches the steps within it
 * @param calls what it calls of the beans, as {@code runs.begin}
 * @param stage the stage of a run that it begins, as {@code CREATE}; null: none
 */
public record Step(
        Kind kind,
        String name,
        String description,
        String text,
        List<String> uris,
        List<Branch> branches,
        Set<String> calls,
        String stage) {

    /** How a step is followed by others. */
    public enum Kind {
        /** By the next one. */
        PLAIN,
        /** By the next one, once what it sends to has answered. */
        SEND,
        /** By the next one, at once. */
        TAP,
        /** By one of its branches. */
        CHOICE,
        /** By what is in it, or not. */
        FILTER,
        /** By what is in it, again and again. */
        LOOP,
        /** By what is in it, for each of several. */
        SPLIT,
        /** By what is in it, and by another branch should that fail. */
        TRY,
        /** By all of its branches. */
        FORK,
        /** By what is in it. */
        GROUP,
        /** By nothing. */
        STOP
    }

    /**
     * Steps within a step.
     *
     * @param kind when they are done
     * @param description what the route says of them; null: nothing
     * @param text when they are done, made from the condition
     * @param steps one after the other
     */
    public record Branch(Case kind, String description, String text, List<Step> steps) {
        String label() {
            return description != null ? description : text;
        }
    }

    /** When a branch is taken. */
    public enum Case {
        /** On a condition, or always. */
        WHEN,
        /** Where no condition holds. */
        OTHERWISE,
        /** Where the branch before it failed. */
        CATCH,
        /** Whatever happened. */
        FINALLY
    }

    /** Returns what it is called in a picture. */
    String label() {
        return description != null ? description : text;
    }

    /** Returns it, and all that are within it. */
    Stream<Step> all() {
        return Stream.concat(
                Stream.of(this),
                branches.stream().flatMap(branch -> branch.steps().stream()).flatMap(Step::all));
    }

    /** Returns whether the route says something of it, or of a step or branch within it. */
    boolean isDescribed() {
        return all().anyMatch(
                        step ->
                                step.description() != null
                                        || step.branches().stream()
                                                .anyMatch(branch -> branch.description() != null));
    }
}
