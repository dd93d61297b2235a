using System.Text.Json;

namespace TorchSharp.SparseConv.Tool.Tests;

// One command line, run in this process, with what it printed.
internal readonly record struct CommandRun(int ExitCode, string Output, string Errors)
{
    public static CommandRun Of(params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var session = new Session(
            Consoles.Create(output, redirected: true),
            Consoles.Create(errors, redirected: true),
            CancellationToken.None
        );
        var code = Application.Run(args, session);
        return new CommandRun(code, output.ToString(), errors.ToString());
    }

    // A command that works: its output.
    public static string Text(params string[] args)
    {
        var run = Of(args);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output.Contains('\u001b', StringComparison.Ordinal), Is.False, "no terminal, no colours");
        return run.Output;
    }

    // The same with --json: nothing but one JSON object may be on the output.
    public static JsonElement Json(params string[] args)
    {
        var run = Of([.. args, "--json"]);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        using var document = JsonDocument.Parse(run.Output);
        Assert.That(document.RootElement.ValueKind, Is.EqualTo(JsonValueKind.Object));
        return document.RootElement.Clone();
    }

    // What users are promised of any mistake: one line, of these words, no stack trace, and nothing on the output.
    public static void Fails(int exitCode, string[] args, params string[] words)
    {
        foreach (string[] line in new[] { args, [.. args, "--json"] })
        {
            var run = Of(line);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(run.ExitCode, Is.EqualTo(exitCode), run.Errors);
                Assert.That(run.Output, Is.Empty);
                Assert.That(run.Errors.TrimEnd('\n').Split('\n'), Has.Length.EqualTo(1), run.Errors);
                Assert.That(run.Errors, Does.StartWith("error: ").And.Not.Contains("   at "));
                foreach (var word in words)
                {
                    Assert.That(run.Errors, Does.Contain(word));
                }
            }
        }
    }
}
