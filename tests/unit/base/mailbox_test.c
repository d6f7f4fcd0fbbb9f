#include "base/mailbox.h"

#include <pthread.h>
#include <stdatomic.h>

#include "test.h"

#include "base/mem.h"

struct letter {
    struct mail mail;
    int sender, number;
};

static void count_wake(void *context)
{
    atomic_fetch_add((atomic_int *)context, 1);
}

static struct letter *letter_new(int sender, int number)
{
    struct letter *l = mem_new(struct letter);
    l->sender = sender;
    l->number = number;
    return l;
}

static int take_number(struct mailbox *box)
{
    struct letter *l = (struct letter *)mailbox_take(box);
    assert_non_null(l);
    int number = l->number;
    mem_free(l);
    return number;
}

TEST(mailbox, keeps_order_and_wakes_when_it_was_empty)
{
    UNUSED_STATE;
    atomic_int wakes = 0;
    struct mailbox *box = mailbox_new(10, count_wake, &wakes);
    assert_null(mailbox_take(box));
    for (int i = 0; i < 3; i++)
        assert_true(mailbox_send(box, &letter_new(0, i)->mail));
    assert_int_equal(wakes, 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(take_number(box), i);
    assert_null(mailbox_take(box));
    assert_true(mailbox_send(box, &letter_new(0, 7)->mail));
    assert_int_equal(wakes, 2);
    assert_int_equal(take_number(box), 7);
    mailbox_free(box);
}

TEST(mailbox, refuses_when_full_or_closed)
{
    UNUSED_STATE;
    struct mailbox *box = mailbox_new(1, NULL, NULL);
    struct letter *second = letter_new(0, 2);
    assert_true(mailbox_send(box, &letter_new(0, 1)->mail));
    assert_false(mailbox_send(box, &second->mail));
    mailbox_close(box);
    struct letter *first = (struct letter *)mailbox_wait(box); // what is there still comes
    assert_int_equal(first->number, 1);
    assert_null(mailbox_wait(box));
    assert_false(mailbox_send(box, &second->mail));
    mem_free(first);
    mem_free(second);
    mailbox_free(box);
    mailbox_free(NULL);
}

enum { SENDERS = 4, LETTERS = 5000 };

struct sender {
    struct mailbox *box;
    int name;
};

static void *send_all(void *context)
{
    struct sender *s = context;
    for (int i = 0; i < LETTERS; i++)
        if (!mailbox_send(s->box, &letter_new(s->name, i)->mail))
            return s;
    return NULL;
}

TEST(mailbox, carries_from_many_threads_each_in_its_order)
{
    UNUSED_STATE;
    pthread_t threads[SENDERS];
    struct sender senders[SENDERS];
    struct mailbox *box = mailbox_new(SENDERS * LETTERS, NULL, NULL);
    int next[SENDERS] = {0};
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){box, i};
        assert_int_equal(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
    }
    for (int i = 0; i < SENDERS * LETTERS; i++) {
        struct letter *l = (struct letter *)mailbox_wait(box);
        assert_int_equal(l->number, next[l->sender]++);
        mem_free(l);
    }
    for (int i = 0; i < SENDERS; i++) {
        void *refused;
        pthread_join(threads[i], &refused);
        assert_null(refused);
    }
    mailbox_free(box);
}

RUN(CASE(mailbox, keeps_order_and_wakes_when_it_was_empty),
    CASE(mailbox, refuses_when_full_or_closed),
    CASE(mailbox, carries_from_many_threads_each_in_its_order))
