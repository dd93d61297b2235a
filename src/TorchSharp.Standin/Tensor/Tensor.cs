using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor. Its life is TorchSharp's: counted, owned by the scope it was made in, freed by the finalizer.</summary>
    public partial class Tensor : IDisposable
    {
        private static long _totalCount;
        private static long _peakCount;

        private nint _handle;

        /// <summary>
        /// Takes ownership of a native tensor; 0 makes one that <see cref="IsInvalid"/>. As in TorchSharp, such a one is
        /// counted when made and never uncounted.
        /// </summary>
        internal Tensor(nint handle, bool register = true)
        {
            _handle = handle;
            var count = Interlocked.Increment(ref _totalCount);
            _peakCount = Math.Max(count, _peakCount);
            if (register)
            {
                OwningDisposeScope = DisposeScopeManager.ThreadSingleton.RegisterOnCurrentDisposeScope(this);
            }
        }

        ~Tensor() => Dispose(disposing: false);

        public static long TotalCount => _totalCount;

        public static long PeakCount => _peakCount;

        internal DisposeScope? OwningDisposeScope { get; set; }

        /// <summary>The native tensor, which stays this object's.</summary>
        /// <exception cref="InvalidOperationException">The tensor was disposed, or never held anything.</exception>
        public nint Handle =>
            _handle != 0 ? _handle : throw new InvalidOperationException("Tensor invalid -- empty handle.");

        public bool IsInvalid => _handle == 0;

        public string? name { get; set; }

        public static Tensor UnsafeCreateTensor(nint handle) => new(handle);

        public void Dispose()
        {
            Dispose(disposing: true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (_handle == 0)
            {
                return;
            }
            DisposeScopeManager.ThreadSingleton.DisposingOnCurrentScope(this);
            OwningDisposeScope?.MarkAsDisposed(this);
            Interlocked.Decrement(ref _totalCount);
            Native.Check(Native.standin_tensor_dispose(_handle));
            _handle = 0;
        }

        public nint DecoupleFromNativeHandle()
        {
            var handle = Handle;
            Interlocked.Decrement(ref _totalCount);
            _handle = 0;
            return handle;
        }

        /// <summary>Gives up the handle without touching any count: for an object that takes this one's place.</summary>
        internal nint MoveHandle()
        {
            var handle = _handle;
            _handle = 0;
            return handle;
        }

        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.OwningDisposeScope);

        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            if (OwningDisposeScope is null && other is not null)
            {
                other.Attach(this);
            }
            else
            {
                OwningDisposeScope?.MoveToOther(other, this);
            }
            return this;
        }

        public unsafe Tensor alias()
        {
            nint result;
            Native.Check(Native.standin_tensor_alias(Handle, &result), this);
            return new Tensor(result);
        }

        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

        public bool Equals(Tensor target) => target is not null && Aten.CallBool("equal", this, target);

        public override int GetHashCode() => base.GetHashCode();

        /// <summary>Names of dimensions are no part of the stand-in.</summary>
        internal Tensor Named(string[]? names) =>
            names is null or []
                ? this
                : throw new NotImplementedException("Named dimensions are not part of the TorchSharp stand-in.");

        internal Tensor WithGrad(bool requiresGrad) => requiresGrad ? requires_grad_() : this;
    }
}
