package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.schedule.CronException;
import io.github.clickhousebackupagent.internal.schedule.CronSchedule;
import io.github.clickhousebackupagent.internal.text.NearestName;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.spi.Registry;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Looks for what Camel would only find when it comes to use it, in the middle of a night: calls of
 * beans and methods that are not there, properties that a run does not have, and times that never
 * come.
 */
final class RouteCalls {

    /** What a route may read of a run in an expression. */
    private static final Pattern RUN =
            Pattern.compile(
                    "\\$\\{exchangeProperty\\.run\\??((?:\\??\\.[A-Za-z][A-Za-z0-9]*\\??)+)");

    private static final Pattern CALL =
            Pattern.compile("\\s*([A-Za-z_][A-Za-z0-9_]*)\\s*(?:\\((.*)\\))?\\s*", Pattern.DOTALL);
    private static final int FIELDS_OF_CRONTAB = 5;

    /** What every object has, and what opens doors. */
    private static final Set<String> NOT_SAID =
            Set.of("hashCode", "toString", "callbackToken", "callbackUrl");

    private final Registry registry;
    private final List<RouteProblem> problems = new ArrayList<>();

    private RouteCalls(Registry registry) {
        this.registry = registry;
    }

    /**
     * Checks routes that were loaded.
     *
     * @param registry holds the beans
     * @throws RouteException if anything is wrong
     */
    static void check(RouteText text, Registry registry) {
        RouteCalls calls = new RouteCalls(registry);
        text.documents().forEach(calls::walk);
        if (!calls.problems.isEmpty()) {
            throw new RouteException(calls.problems);
        }
    }

    private void walk(String file, Node node) {
        if (node instanceof SequenceNode list) {
            list.getValue().forEach(item -> walk(file, item));
        } else if (node instanceof MappingNode mapping) {
            call(file, mapping);
            cron(file, mapping);
            for (NodeTuple entry : mapping.getValue()) {
                // What beans are made of are no calls.
                if (!RouteText.text(entry.getKeyNode()).equals("beans")) {
                    walk(file, entry.getValueNode());
                }
            }
        } else if (node instanceof ScalarNode scalar) {
            Matcher matcher = RUN.matcher(scalar.getValue());
            while (matcher.find()) {
                property(file, scalar, matcher.group(1));
            }
        }
    }

    private void call(String file, MappingNode mapping) {
        Optional<Node> ref = RouteText.find(mapping, "ref");
        Optional<Node> method = RouteText.find(mapping, "method");
        if (ref.isEmpty() || method.isEmpty() || isOpen(ref.get()) || isOpen(method.get())) {
            return;
        }
        String name = RouteText.text(ref.get());
        Object bean = registry.lookupByName(name);
        if (bean == null) {
            problems.add(
                    new RouteProblem(
                            file,
                            RouteText.line(ref.get()),
                            "found a call of the bean %s, which is not there".formatted(name),
                            "a bean that is there, such as "
                                    + NearestName.of(name, beans()).orElse("runs")));
            return;
        }
        Matcher called = CALL.matcher(RouteText.text(method.get()));
        if (!called.matches()) {
            return; // Camel understands more than names; it says what is wrong with it.
        }
        Integer arguments = called.group(2) == null ? null : count(called.group(2));
        Set<String> there = new TreeSet<>();
        for (Method candidate : bean.getClass().getMethods()) {
            if (candidate.getDeclaringClass() != Object.class) {
                there.add(candidate.getName());
                boolean fits = arguments == null || candidate.getParameterCount() == arguments;
                if (candidate.getName().equals(called.group(1)) && fits) {
                    return;
                }
            }
        }
        boolean known = there.contains(called.group(1));
        problems.add(
                new RouteProblem(
                        file,
                        RouteText.line(method.get()),
                        "found a call of %s.%s%s, which is not there"
                                .formatted(
                                        name,
                                        called.group(1),
                                        known ? " with " + arguments + " argument(s)" : ""),
                        known
                                ? counts(bean, called.group(1))
                                : NearestName.allowed(called.group(1), there)));
    }

    private static String counts(Object bean, String method) {
        return Stream.of(bean.getClass().getMethods())
                .filter(candidate -> candidate.getName().equals(method))
                .map(candidate -> Integer.toString(candidate.getParameterCount()))
                .distinct()
                .sorted()
                .collect(Collectors.joining(" or ", "", " argument(s)"));
    }

    private Set<String> beans() {
        return registry.findByTypeWithName(Object.class).keySet();
    }

    /** Returns how many arguments there are, at commas that are in no brackets and no quotes. */
    private static int count(String arguments) {
        if (arguments.isBlank()) {
            return 0;
        }
        int count = 1;
        int depth = 0;
        char quote = 0;
        for (char c : arguments.toCharArray()) {
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '\'' || c == '"') {
                quote = c;
            } else if (c == '{' || c == '(') {
                depth++;
            } else if (c == '}' || c == ')') {
                depth--;
            } else if (c == ',' && depth == 0) {
                count++;
            }
        }
        return count;
    }

    /** A time that Quartz reads in another way than it was meant, or that never comes. */
    private void cron(String file, MappingNode mapping) {
        Optional<Node> uri = RouteText.find(mapping, "uri");
        Optional<Node> cron =
                RouteText.find(mapping, "parameters")
                        .filter(MappingNode.class::isInstance)
                        .flatMap(parameters -> RouteText.find((MappingNode) parameters, "cron"));
        boolean quartz =
                uri.map(RouteText::text).filter(text -> text.startsWith("quartz:")).isPresent();
        if (!quartz || cron.isEmpty() || isOpen(cron.get())) {
            return;
        }
        String text = RouteText.text(cron.get()).replace('+', ' ');
        String why = null;
        if (text.strip().split("\\s+").length == FIELDS_OF_CRONTAB) {
            why = "'%s' (five fields, as crontab has them)".formatted(text);
        } else {
            try {
                CronSchedule.parse(text, ZoneOffset.UTC);
            } catch (CronException e) {
                why = e.found();
            }
        }
        if (why != null) {
            problems.add(
                    new RouteProblem(
                            file,
                            RouteText.line(cron.get()),
                            "cron: found " + why,
                            "six or seven fields as Quartz has them, such as 0 30 20 ? * SAT"));
        }
    }

    private void property(String file, Node node, String path) {
        Class<?> type = Run.class;
        String at = "run";
        for (String name : path.replace("?", "").substring(1).split("\\.")) {
            Class<?> in = type;
            Optional<Method> reader =
                    readers(in).filter(method -> isNamed(method, name)).findFirst();
            if (reader.isEmpty()) {
                problems.add(
                        new RouteProblem(
                                file,
                                RouteText.line(node),
                                "found ${exchangeProperty.run%s}: %s has no %s"
                                        .formatted(path, at, name),
                                NearestName.allowed(name, names(in))));
                return;
            }
            type = reader.get().getReturnType();
            at = at + "." + name;
            if (type.getName().startsWith("java.") || type.isInterface()) {
                return; // Of text, lists and times Camel knows more than we do.
            }
        }
    }

    private static Stream<Method> readers(Class<?> type) {
        Predicate<Method> reads =
                method ->
                        method.getParameterCount() == 0
                                && !Modifier.isStatic(method.getModifiers())
                                && method.getDeclaringClass() != Object.class
                                && method.getReturnType() != void.class;
        return Stream.of(type.getMethods()).filter(reads);
    }

    private static boolean isNamed(Method method, String name) {
        String upper = Character.toUpperCase(name.charAt(0)) + name.substring(1);
        return Set.of(name, "get" + upper, "is" + upper).contains(method.getName());
    }

    private static Set<String> names(Class<?> type) {
        return readers(type)
                .map(Method::getName)
                .filter(name -> !NOT_SAID.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** What is filled in only later cannot be checked now. */
    private static boolean isOpen(Node node) {
        return RouteText.text(node).contains("{{");
    }
}
