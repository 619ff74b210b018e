from runner.agent.child.environment import inherited


def test_executions_see_no_setting_of_runner_or_hub_but_those_that_nodes_read():
    told = {
        "PATH": "/bin",
        "EXEKRA_RUNNER_BROWSER": "/usr/bin/chromium",
        "EXEKRA_RUNNER_ALLOW_SCRIPTS": "true",
        "exekra_runner_browser_sandbox": "false",
    }
    kept_back = {
        "EXEKRA_RUNNER_MACHINE_SECRET": "s3cret",
        "EXEKRA_RUNNER_HOME": "/home/robot",
        "EXEKRA_ADMIN_PASSWORD": "s3cret",
        "EXEKRA_REDIS_URL": "redis://:s3cret@hub",
    }
    assert inherited({**told, **kept_back}) == told
