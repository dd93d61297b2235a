namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        /// <summary>What forward leaves for backward.</summary>
        public class AutogradContext : IDisposable
        {
            private readonly FunctionNode _node;
            private readonly Dictionary<string, object> _data = new(StringComparer.Ordinal);

            // Kept after they are saved, as in TorchSharp: an output saved outside any scope then owns itself for good.
            private List<Tensor> _toSave = [];
            private List<SavedVariable?> _saved = [];

            internal AutogradContext(FunctionNode node) => _node = node;

            public bool MaterializeGrads { get; private set; } = true;

            internal List<Tensor> DirtyTensors { get; private set; } = [];

            internal List<Tensor> NonDifferentiableTensors { get; private set; } = [];

            public void save_for_backward(List<Tensor> tensors) => _toSave = tensors;

            public void save_data(string key, object value) => _data[key] = value;

            public object get_data(string key) => _data.GetValueOrDefault(key)!;

            public void mark_dirty(List<Tensor> tensors) => DirtyTensors = [.. tensors];

            public void mark_non_differentiable(List<Tensor> tensors) => NonDifferentiableTensors = [.. tensors];

            public void set_materialize_grads(bool value) => MaterializeGrads = value;

            /// <summary>The tensors given to <see cref="save_for_backward"/>; null for what was disposed by then.</summary>
            public List<Tensor> get_saved_variables()
            {
                lock (_node)
                {
                    return _saved.ConvertAll(variable => variable?.Unpack(_node.Handle)!);
                }
            }

            internal void SaveVariables()
            {
                lock (_node)
                {
                    _saved = _toSave.ConvertAll(tensor =>
                        tensor is null || tensor.IsInvalid ? null : new SavedVariable(tensor, _node.Handle)
                    );
                }
            }

            public void Dispose()
            {
                Dispose(disposing: true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing)
            {
                if (disposing)
                {
                    _saved.ForEach(variable => variable?.Dispose());
                    _saved = [];
                }
            }
        }
    }
}
