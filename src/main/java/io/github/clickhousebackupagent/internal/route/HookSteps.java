package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.internal.diagram.Step;
import io.github.clickhousebackupagent.internal.diagram.Step.Branch;
import io.github.clickhousebackupagent.internal.diagram.Step.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.SetPropertyDefinition;
import org.apache.camel.model.ToDefinition;
import org.apache.camel.model.language.ConstantExpression;

/**
 * Shows at each point what is hooked in there, and nothing where nothing is: two steps of a route,
 * one that names the point and one that calls all that is hooked in, are a call of those routes.
 */
final class HookSteps {

    private static final String POINT = "hook-point:";

    private final List<String> entries;

    /**
     * @param entries what the routes begin with, as {@code direct:on-failure/webhook}
     */
    HookSteps(List<String> entries) {
        this.entries = entries;
    }

    /** Returns the step that two steps are; empty if they are not of a point. */
    static Optional<Step> of(ProcessorDefinition<?> first, ProcessorDefinition<?> second) {
        boolean isPoint =
                first instanceof SetPropertyDefinition property
                        && "point".equals(property.getName())
                        && property.getExpression() instanceof ConstantExpression
                        && second instanceof ToDefinition call
                        && "direct:hook".equals(call.getUri());
        if (!isPoint) {
            return Optional.empty();
        }
        String point = ((SetPropertyDefinition) first).getExpression().getExpression();
        return Optional.of(
                new Step(
                        Kind.SEND,
                        null,
                        // What a user hooks in is worth a look.
                        point,
                        point,
                        List.of(POINT + point),
                        List.of(),
                        Set.of(),
                        null));
    }

    /** Returns steps with what is hooked in, and without the points where nothing is. */
    List<Step> resolved(List<Step> steps) {
        List<Step> resolved = new ArrayList<>();
        for (Step step : steps) {
            boolean isPoint = step.uris().stream().anyMatch(uri -> uri.startsWith(POINT));
            List<String> uris = step.uris().stream().flatMap(this::uris).toList();
            List<Branch> branches =
                    step.branches().stream()
                            .map(
                                    branch ->
                                            new Branch(
                                                    branch.kind(),
                                                    branch.description(),
                                                    branch.text(),
                                                    resolved(branch.steps())))
                            .toList();
            boolean emptied =
                    step.kind() == Kind.FILTER
                            && step.branches().stream().anyMatch(b -> !b.steps().isEmpty())
                            && branches.stream().allMatch(branch -> branch.steps().isEmpty());
            if (isPoint && uris.isEmpty() || emptied) {
                continue;
            }
            resolved.add(
                    new Step(
                            step.kind(),
                            step.name(),
                            step.description(),
                            step.text(),
                            uris,
                            branches,
                            step.calls(),
                            step.stage()));
        }
        return List.copyOf(resolved);
    }

    private Stream<String> uris(String uri) {
        if (!uri.startsWith(POINT)) {
            return Stream.of(uri);
        }
        String entry = "direct:" + uri.substring(POINT.length());
        return entries.stream()
                .filter(there -> there.equals(entry) || there.startsWith(entry + "/"));
    }
}
