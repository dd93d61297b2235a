using System.Globalization;
using System.Text.RegularExpressions;
using TorchSharp.SparseConv.CommandLine;

namespace TorchSharp.SparseConv.Tests.Shared;

// One command line of a program, run in this process, with its exit code and what it printed.
internal readonly record struct CommandRun(int ExitCode, string Output, string Errors)
{
    public static CommandRun Of(Func<string[], Session, int> program, params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = program(args, Session.To(output, errors));
        return new CommandRun(code, output.ToString(), errors.ToString());
    }

    // The first group of the pattern, in the first line that matches it, as a number.
    public double Number(string pattern)
    {
        var match = Regex.Match(Output, pattern, RegexOptions.Multiline, TimeSpan.FromSeconds(1));
        Assert.That(match.Success, Is.True, $"no {pattern} in: {Output}{Errors}");
        return double.Parse(match.Groups[1].Value, NumberStyles.Number, CultureInfo.InvariantCulture);
    }

    // What users are promised of any mistake: one line with these words, and no stack trace.
    public void ShouldFail(int exitCode, params string[] words)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ExitCode, Is.EqualTo(exitCode), Errors);
            Assert.That(Errors.TrimEnd('\n').Split('\n'), Has.Length.EqualTo(1), Errors);
            Assert.That(Errors, Does.StartWith("error: ").And.Not.Contains("   at "));
            foreach (var word in words)
            {
                Assert.That(Errors, Does.Contain(word));
            }
        }
    }
}
