package io.github.clickhousebackupagent.internal.order;

import io.github.clickhousebackupagent.internal.text.Excerpt;

/**
 * What in an order is not what it may be.
 *
 * @param field the part of the order, as the API names it
 * @param found what is in it; of much, its beginning
 * @param allowed what may be in it
 */
public record Fault(String field, String found, String allowed) {

    /** Cuts off what nobody would read. */
    public Fault {
        found = Excerpt.of(found);
    }

    /** Returns it as a line for people. */
    public String told() {
        return toldAs(field);
    }

    /**
     * Returns the same where the part of the order has another name.
     *
     * @param name such as that of an option
     */
    public String toldAs(String name) {
        return "%s: found '%s'; allowed: %s".formatted(name, found, allowed);
    }
}
