namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>A bad argument: the exception names the parameter, and the message says what is wrong.</summary>
internal static class Refused
{
    internal static void With(Action call, string parameter, string message)
    {
        var refused = Assert.Catch<ArgumentException>(call);
        Assert.That(refused?.ParamName, Is.EqualTo(parameter));
        Assert.That(refused?.Message, Does.Contain(message));
    }
}
