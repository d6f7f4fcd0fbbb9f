// The commands of `dure`, one file each. argv[0] is the command's name. Each returns the exit code:
// 0 good, 1 the thing asked about is not good, 2 usage, and what its page in design says beyond.
// Loop thread only.
#pragma once

int command_account(int argc, char **argv);
int command_backup(int argc, char **argv);
int command_check(int argc, char **argv);
int command_deploy(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_graph(int argc, char **argv);
int command_mail(int argc, char **argv);
int command_operate(
    int argc,
    char **argv); // list show start send answer remind cancel pause resume retry why
int command_people(int argc, char **argv);
int command_plugin(int argc, char **argv);
int command_rehearse(int argc, char **argv);
int command_restore(int argc, char **argv);
int command_run(int argc, char **argv);
int command_schema(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_simulate(int argc, char **argv);
int command_test(int argc, char **argv);
int command_token(int argc, char **argv);
int command_verify(int argc, char **argv);

#define EXIT_GOOD  0
#define EXIT_BAD   1
#define EXIT_USAGE 2
#define EXIT_WAITS 3
