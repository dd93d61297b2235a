using Spectre.Console;

namespace TorchSharp.SparseConv.Tool;

/// <summary>Where text goes: in colour to a terminal; plain, and in lines as long as they are, to a file or a pipe.</summary>
internal static class Consoles
{
    // A width at which nothing is broken into lines.
    private const int NoWrapping = 10_000;

    public static IAnsiConsole Create(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
                Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
                Out = new AnsiConsoleOutput(writer),
            }
        );
        if (redirected)
        {
            console.Profile.Width = NoWrapping;
        }
        return console;
    }
}
