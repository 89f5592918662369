// Zeroed arrays that start on a cache line, as vectors of 64 bytes need. std::vector does not align its memory for an
// element that holds such a vector.
#ifndef NUMERICS_ARRAY_H
#define NUMERICS_ARRAY_H

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>

namespace numerics {

template <class T>
class Array {
 public:
  Array() : size_(0) {}
  explicit Array(size_t size, T value = T()) : size_(size), data_(allocate(size)) { fill(value); }
  Array(const Array& other) : size_(other.size_), data_(allocate(other.size_)) {
    std::copy(other.begin(), other.end(), begin());
  }
  Array(Array&&) = default;
  Array& operator=(Array other) {
    std::swap(size_, other.size_), std::swap(data_, other.data_);
    return *this;
  }
  void fill(T value) { std::fill(begin(), end(), value); }
  size_t size() const { return size_; }
  T* get() { return data_.get(); }
  const T* get() const { return data_.get(); }
  T* begin() { return get(); }
  T* end() { return get() + size_; }
  const T* begin() const { return get(); }
  const T* end() const { return get() + size_; }
  T& operator[](size_t i) { return get()[i]; }
  const T& operator[](size_t i) const { return get()[i]; }

 private:
  struct Release {
    void operator()(T* data) const { ::operator delete[](static_cast<void*>(data), std::align_val_t(64)); }
  };
  static T* allocate(size_t size) {
    return static_cast<T*>(::operator new[]((size + 16) * sizeof(T), std::align_val_t(64)));
  }
  size_t size_;
  std::unique_ptr<T[], Release> data_;
};

}  // namespace numerics
#endif
