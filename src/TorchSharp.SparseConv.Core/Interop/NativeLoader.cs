using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Core.Interop;

/// <summary>
/// Finds the native library: where SPARSECONV_NATIVE_PATH says (a file or a folder) and nowhere else if it is set, else beside
/// the assembly, in runtimes/RID/native, and in the folders that the host names for packages.
/// </summary>
internal static unsafe class NativeLoader
{
    internal const string PathVariable = "SPARSECONV_NATIVE_PATH";

    private static readonly Lock Gate = new();
    private static nint _library;

    internal static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (!string.Equals(name, Native.Library, StringComparison.Ordinal))
        {
            return 0;
        }

        lock (Gate)
        {
            if (_library == 0)
            {
                _library = Load(Candidates(assembly));
            }

            return _library;
        }
    }

    /// <summary>The address of a function of the library.</summary>
    internal static nint Address(string function) =>
        NativeLibrary.GetExport(Resolve(Native.Library, typeof(NativeLoader).Assembly, null), function);

    private static nint Load(IEnumerable<string> candidates)
    {
        LoadOpenMPOfTorch();
        var tried = new List<string>();
        foreach (var path in candidates)
        {
            var problem = TryLoad(path, out var library);
            if (problem is null)
            {
                return library;
            }

            tried.Add($"{path} ({problem})");
        }
        throw new DllNotFoundException(
            $"The native library '{Native.Library}' for {RuntimeInformation.RuntimeIdentifier} could not be loaded. Tried: "
                + $"{string.Join("; ", tried)}. Set {PathVariable} to the file or its folder if it is elsewhere."
        );
    }

    // libtorch brings an OpenMP runtime of its own, under the soname of the system's. Whichever is loaded first serves both
    // libraries, and a second one would have threads that compete with the first one's for the same processors.
    private static void LoadOpenMPOfTorch()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var runtime = Folders(typeof(NativeLoader).Assembly)
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "libgomp-*.so*"))
            .FirstOrDefault();
        if (runtime is not null)
        {
            NativeLibrary.TryLoad(runtime, out _);
        }
    }

    // Null when the library is loaded and of our ABI, else the reason why not.
    private static string? TryLoad(string path, out nint library)
    {
        library = 0;
        if (!File.Exists(path))
        {
            return "no such file";
        }

        try
        {
            library = NativeLibrary.Load(path);
        }
        catch (Exception failure) when (failure is DllNotFoundException or BadImageFormatException)
        {
            return failure.Message.ReplaceLineEndings(" ").Trim();
        }
        var problem = AbiProblem(library);
        if (problem is not null)
        {
            NativeLibrary.Free(library);
        }

        return problem;
    }

    private static string? AbiProblem(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, "spc_abi_version", out var function))
        {
            return "it does not export spc_abi_version";
        }

        var version = ((delegate* unmanaged<int>)function)();
        return version == Native.AbiVersion ? null : $"it has ABI version {version}, must be {Native.AbiVersion}";
    }

    private static IEnumerable<string> Candidates(Assembly assembly)
    {
        var forced = Environment.GetEnvironmentVariable(PathVariable);
        if (!string.IsNullOrEmpty(forced))
        {
            return [Directory.Exists(forced) ? Path.Combine(forced, FileName) : forced];
        }

        return Folders(assembly)
            .Where(folder => folder.Length > 0)
            .Select(folder => Path.GetFullPath(Path.Combine(folder, FileName)))
            .Distinct(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Folders(Assembly assembly)
    {
        foreach (var home in (string[])[AssemblyFolder(assembly), AppContext.BaseDirectory])
        {
            if (home.Length == 0)
            {
                continue;
            }

            yield return home;
            yield return Path.Combine(home, "runtimes", RuntimeInformation.RuntimeIdentifier, "native");
            yield return Path.Combine(home, "runtimes", PortableIdentifier, "native");
        }
        var named = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        foreach (var folder in named.Split(Path.PathSeparator))
        {
            yield return folder;
        }
    }

    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "An empty location is passed over.")]
    private static string AssemblyFolder(Assembly assembly) => Path.GetDirectoryName(assembly.Location) ?? "";

    // What packages name, where the runtime was built for one distribution.
    private static string PortableIdentifier =>
        (
            OperatingSystem.IsWindows() ? "win-"
            : OperatingSystem.IsMacOS() ? "osx-"
            : "linux-"
        ) + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    private static string FileName =>
        OperatingSystem.IsWindows() ? "sparseconv.dll"
        : OperatingSystem.IsMacOS() ? "libsparseconv.dylib"
        : "libsparseconv.so";
}
