namespace PointCloudSegmentation.Tests;

// One command line, run in this process, with what it printed.
internal readonly record struct CommandRun(int ExitCode, string Output, string Errors)
{
    public static CommandRun Of(params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = Application.Run(
            args,
            Consoles.Create(output, redirected: true),
            Consoles.Create(errors, redirected: true),
            CancellationToken.None
        );
        return new CommandRun(code, output.ToString(), errors.ToString());
    }

    // What users are promised of any mistake: one line, of these words, and no stack trace.
    public void ShouldFail(int exitCode, params string[] words)
    {
        var (code, errors) = (ExitCode, Errors);
        Assert.Multiple(() =>
        {
            Assert.That(code, Is.EqualTo(exitCode), errors);
            Assert.That(errors.TrimEnd('\n').Split('\n'), Has.Length.EqualTo(1), errors);
            Assert.That(errors, Does.StartWith("error: ").And.Not.Contains("   at "));
            foreach (var word in words)
            {
                Assert.That(errors, Does.Contain(word));
            }
        });
    }
}
