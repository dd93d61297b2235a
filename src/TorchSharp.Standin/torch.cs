using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>The stand-in's <c>torch</c>: see TorchSharp's documentation for what each member does.</summary>
public static partial class torch
{
    public static unsafe ScalarType get_default_dtype()
    {
        int dtype;
        Native.Check(Native.standin_default_dtype(&dtype));
        return (ScalarType)dtype;
    }

    public static void set_default_dtype(ScalarType dtype) =>
        Native.Check(Native.standin_set_default_dtype((int)dtype));

    public static int get_num_threads() => Threads(interop: 0);

    public static int get_num_interop_threads() => Threads(interop: 1);

    public static void set_num_threads(int num) => Native.Check(Native.standin_set_threads(0, num));

    public static void set_num_interop_threads(int num) => Native.Check(Native.standin_set_threads(1, num));

    private static unsafe int Threads(int interop)
    {
        int count;
        Native.Check(Native.standin_threads(interop, &count));
        return count;
    }

    public static DisposeScope NewDisposeScope() => DisposeScopeManager.ThreadSingleton.NewDisposeScope();

    public static DisposeScope? CurrentDisposeScope => DisposeScopeManager.ThreadSingleton.CurrentDisposeScope;

    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expr)
    {
        using var scope = NewDisposeScope();
        return expr().MoveToOuterDisposeScope();
    }

    public static bool is_tensor(object obj) => obj is Tensor;

    public static void save(Tensor t, string location) => t.save(location);

    public static Tensor load(string location) => Tensor.load(location);
}
