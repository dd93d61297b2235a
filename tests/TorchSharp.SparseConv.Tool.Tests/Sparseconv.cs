using System.Text.Json;

namespace TorchSharp.SparseConv.Tool.Tests;

// Command lines of the program, run in this process.
internal static class Sparseconv
{
    public static CommandRun Of(params string[] args) => CommandRun.Of(Application.Run, args);

    // The text of a command that succeeds.
    public static string Text(params string[] args)
    {
        var run = Of(args);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output.Contains('\u001b', StringComparison.Ordinal), Is.False, "no terminal, no colours");
        return run.Output;
    }

    // The same with --json: the output must be one JSON object and nothing else.
    public static JsonElement Json(params string[] args)
    {
        var run = Of([.. args, "--json"]);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        using var document = JsonDocument.Parse(run.Output);
        Assert.That(document.RootElement.ValueKind, Is.EqualTo(JsonValueKind.Object));
        return document.RootElement.Clone();
    }

    // A mistake, told in one line and without any output, with and without --json.
    public static void Fails(int exitCode, string[] args, params string[] words)
    {
        foreach (string[] line in new[] { args, [.. args, "--json"] })
        {
            var run = Of(line);
            Assert.That(run.Output, Is.Empty);
            run.ShouldFail(exitCode, words);
        }
    }
}
