using System.Globalization;
using System.Text.RegularExpressions;
using Examples.CommandLine;

namespace Examples.Tests;

// One command line of an example, run in this process, with what it printed.
internal readonly record struct ExampleRun(int ExitCode, string Output, string Errors)
{
    public static ExampleRun Of(ExampleCommand command, params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = command.Run(args, output, errors);
        return new ExampleRun(code, output.ToString(), errors.ToString());
    }

    // The number in the first line that the pattern finds, as its first group.
    public double Number(string pattern)
    {
        var match = Regex.Match(Output, pattern, RegexOptions.Multiline, TimeSpan.FromSeconds(1));
        Assert.That(match.Success, Is.True, $"no {pattern} in: {Output}{Errors}");
        return double.Parse(match.Groups[1].Value, NumberStyles.Number, CultureInfo.InvariantCulture);
    }

    // What users are promised of any mistake: one line, of these words, and no stack trace.
    public void ShouldFail(int exitCode, params string[] words)
    {
        var (code, errors) = (ExitCode, Errors);
        Assert.That(code, Is.EqualTo(exitCode), errors);
        Assert.That(errors.TrimEnd('\n').Split('\n'), Has.Length.EqualTo(1), errors);
        Assert.That(errors, Does.StartWith("error: ").And.Not.Contains("   at "));
        foreach (var word in words)
        {
            Assert.That(errors, Does.Contain(word));
        }
    }
}
