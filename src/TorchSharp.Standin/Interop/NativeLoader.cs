using System.Reflection;
using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>Finds the native library beside the assembly, and says where it looked when it is not there.</summary>
internal static class NativeLoader
{
    /// <summary>Equals what standin_abi() returns.</summary>
    private const int Abi = 1;

    internal static void Register(string library) =>
        NativeLibrary.SetDllImportResolver(
            typeof(NativeLoader).Assembly,
            (name, _, _) => string.Equals(name, library, StringComparison.Ordinal) ? Load(Candidates(library)) : 0
        );

    internal static IEnumerable<string> Candidates(string library)
    {
        var file = OperatingSystem.IsWindows() ? $"{library}.dll" : $"lib{library}.so";
        var assembly = Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location);
        return new[]
        {
            AppContext.BaseDirectory,
            assembly ?? "",
            Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"),
        }
            .Select(folder => Path.GetFullPath(Path.Combine(folder, file)))
            .Distinct(StringComparer.Ordinal);
    }

    /// <summary>Loads the first of the paths that can be loaded.</summary>
    /// <exception cref="DllNotFoundException">None of the paths could be loaded; names each, with the reason.</exception>
    internal static nint Load(IEnumerable<string> paths)
    {
        var failures = new List<string>();
        foreach (var path in paths)
        {
            if (!File.Exists(path))
            {
                failures.Add($"{path}: no such file");
                continue;
            }
            try
            {
                var library = NativeLibrary.Load(path);
                CheckAbi(library, path);
                return library;
            }
            catch (DllNotFoundException error)
            {
                failures.Add($"{path}: {error.Message.ReplaceLineEndings(" ")}");
            }
        }
        throw new DllNotFoundException(
            "The native part of the TorchSharp stand-in could not be loaded. It needs libtorch (Debian and Ubuntu: "
                + "apt-get install libtorch-dev) and is built by ./build.sh. Tried:"
                + string.Concat(failures.Select(failure => "\n  " + failure))
        );
    }

    private static unsafe void CheckAbi(nint library, string path)
    {
        var found = NativeLibrary.TryGetExport(library, "standin_abi", out var function)
            ? ((delegate* unmanaged[Cdecl]<int>)function)()
            : 0;
        if (found != Abi)
        {
            throw new DllNotFoundException($"{path} has interface {found}, and {Abi} is needed: build it again.");
        }
    }
}
