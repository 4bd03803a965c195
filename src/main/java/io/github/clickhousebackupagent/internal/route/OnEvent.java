package io.github.clickhousebackupagent.internal.route;

import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.EventNotifierSupport;

/** Does something at one kind of event of a Camel context. */
final class OnEvent extends EventNotifierSupport {

    private final Class<? extends CamelEvent> type;
    private final Runnable action;

    OnEvent(Class<? extends CamelEvent> type, Runnable action) {
        this.type = type;
        this.action = action;
    }

    @Override
    public void notify(CamelEvent event) {
        action.run();
    }

    @Override
    public boolean isEnabled(CamelEvent event) {
        return type.isInstance(event);
    }
}
