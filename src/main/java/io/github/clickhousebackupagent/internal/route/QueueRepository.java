package io.github.clickhousebackupagent.internal.route;

import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.camel.spi.BeanRepository;

/** The queues of the targets, {@code queue-TARGET}, for whoever knows their names. Thread-safe. */
final class QueueRepository implements BeanRepository {

    /** What the name of a queue begins with. */
    static final String PREFIX = "queue-";

    private final Map<String, EndingQueue> queues;

    QueueRepository(Set<String> targets, int capacity) {
        queues =
                targets.stream()
                        .collect(
                                Collectors.toUnmodifiableMap(
                                        Function.identity(),
                                        any -> new EndingQueue(capacity, false)));
    }

    @Override
    public Object lookupByName(String name) {
        return name.startsWith(PREFIX) ? queues.get(name.substring(PREFIX.length())) : null;
    }

    @Override
    public <T> T lookupByNameAndType(String name, Class<T> type) {
        Object queue = lookupByName(name);
        return type.isInstance(queue) ? type.cast(queue) : null;
    }

    /** They are not listed: nobody looks for all of them, but Camel for all of something else. */
    @Override
    public <T> Map<String, T> findByTypeWithName(Class<T> type) {
        return Map.of();
    }

    @Override
    public <T> Set<T> findByType(Class<T> type) {
        return Set.of();
    }
}
